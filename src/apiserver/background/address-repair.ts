// The repair of service addresses: records of cluster IPs and node ports that no service holds are freed, and what a service
// holds without a record is recorded; likewise the IPAddresses of cluster IPs. Commands keep the two equal by themselves; this is for
// what came otherwise, such as objects of older software. A snapshot shows both as of one moment, so nothing that is being
// allocated looks leaked.
import { oncePer } from '../../lib/index.ts';
import {
  type Condition,
  type ObjectStore,
  resourceRange,
  type Snapshot,
  type StoredObject,
  type StoreKey,
  type Write,
} from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import { ADDRESS_REPAIR_BATCH } from '../limits.ts';
import { fromStored } from '../storage/codec.ts';
import { IP_ADDRESSES, isAllocated } from '../storage/ip-addresses.ts';
import { nameOfKey } from '../storage/keys.ts';
import { ADDRESS_RECORDS, heldKeys, recordAddress } from '../storage/service-addresses.ts';

/** A version of a service is parsed once in its life. */
const heldBy = oncePer((stored: StoredObject): ReadonlySet<StoreKey> => heldKeys(fromStored(stored)));

interface Repair {
  readonly conditions: readonly Condition[];
  readonly writes: readonly Write[];
}

/** Throws what the store throws. */
export async function repairServiceAddresses({ options }: ServerContext, signal: AbortSignal): Promise<void> {
  const { store, logger } = options;
  const { leaked, unrecorded, shared } = findFaults(store.snapshot());
  for (const { key, holders } of shared) logger.error({ key, services: holders }, 'several services hold one address');
  if (leaked.length + unrecorded.length === 0) return;
  logger.warn({ leaked: leaked.length, unrecorded: unrecorded.length }, 'the addresses of services are repaired');
  await commitEach(store, leaked.map(release), signal);
  const record = ({ key, service }: AddressFaults['unrecorded'][number]): Repair => ({
    conditions: [
      { kind: 'absent', key },
      { kind: 'revision', key: service.key, revision: service.revision },
    ],
    writes: [recordAddress(key, nameOfKey(service), options)],
  });
  await commitEach(store, unrecorded.map(record), signal);
}

export interface AddressFaults {
  /** Records that stand for nothing. */
  readonly leaked: readonly StoredObject[];
  readonly unrecorded: readonly { readonly key: StoreKey; readonly service: StoredObject }[];
  readonly shared: readonly { readonly key: StoreKey; readonly holders: readonly StoreKey[] }[];
}

/** Compares what services hold with what is recorded. */
export function findFaults(snapshot: Snapshot): AddressFaults {
  const holders = new Map<StoreKey, StoredObject[]>();
  for (const service of snapshot.scan(resourceRange('services'))) {
    for (const key of heldBy(service)) holders.set(key, [...(holders.get(key) ?? []), service]);
  }
  const leaked: StoredObject[] = [];
  for (const resource of ADDRESS_RECORDS) {
    for (const stored of snapshot.scan(resourceRange(resource))) if (!holders.has(stored.key)) leaked.push(stored);
  }
  for (const stored of snapshot.scan(resourceRange(IP_ADDRESSES)))
    if (isAllocated(stored) && !holders.has(stored.key)) leaked.push(stored);
  const held = [...holders].map(([key, services]) => ({ key, services }));
  return {
    leaked,
    unrecorded: held.flatMap(({ key, services: [service] }) =>
      service === undefined || snapshot.get(key) !== undefined ? [] : [{ key, service }],
    ),
    shared: held
      .filter(({ services }) => services.length > 1)
      .map(({ key, services }) => ({ key, holders: services.map((service) => service.key) })),
  };
}

function release({ key, revision }: StoredObject): Repair {
  return { conditions: [{ kind: 'revision', key, revision }], writes: [{ kind: 'delete', key }] };
}

/** Many in one command; when one of them has moved meanwhile, each by itself, so that the others do not wait for the next look. */
async function commitEach(store: ObjectStore, repairs: readonly Repair[], signal: AbortSignal): Promise<void> {
  for (let from = 0; from < repairs.length; from += ADDRESS_REPAIR_BATCH) {
    const batch = repairs.slice(from, from + ADDRESS_REPAIR_BATCH);
    const outcome = await commitAll(store, batch, signal);
    if (outcome.kind === 'committed' || batch.length === 1) continue;
    for (const repair of batch) await commitAll(store, [repair], signal);
  }
}

function commitAll(store: ObjectStore, repairs: readonly Repair[], signal: AbortSignal) {
  const conditions = repairs.flatMap((repair) => repair.conditions);
  const writes = repairs.flatMap((repair) => repair.writes);
  return store.commit({ conditions, writes, usesReserve: true }, signal);
}
