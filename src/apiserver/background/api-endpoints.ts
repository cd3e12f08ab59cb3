// The endpoints of the service `kubernetes`: where each living API server is reached.
//
// A server says once where it is, in an internal record that it writes only when that has changed. Whether it lives is no matter
// of records that must be renewed: the leader of the log hears its members all the time. So a cluster at rest writes nothing.
import type { EndpointSlice, Endpoints, KubeObject } from '../../api/index.ts';
import { resourceRange, type Snapshot, type StoreMember, storeKey, type Write } from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import { API_SERVER_SILENCE_MS } from '../limits.ts';
import { internalEnvelope } from '../storage/codec.ts';
import { collectionRange, nameOfKey } from '../storage/keys.ts';
import { definitionOf, ensureCurrent, remove } from './ensure.ts';

export const API_SERVICE = { name: 'kubernetes', namespace: 'default' } as const;
const SERVICE_LABEL = 'kubernetes.io/service-name';
const SLICES = ['discovery.k8s.io', 'endpointslices'] as const;
const RECORDS = '~apiservers';

export interface ServerEndpoint {
  readonly address: string;
  readonly port: number;
}

/** Writes where this server is reached, unless that is known. Any server calls it, as often as it likes. */
export async function registerServer(server: ServerContext, signal: AbortSignal): Promise<void> {
  const { store, memberId } = server.options;
  const key = storeKey(RECORDS, '', memberId);
  const own = ownEndpoint(server);
  const known = store.snapshot().get(key)?.envelope.fields;
  if (known?.['address'] === own.address && known['port'] === String(own.port)) return;
  const envelope = internalEnvelope({ address: own.address, port: String(own.port) });
  await store.commit({ conditions: [], writes: [{ kind: 'put', key, envelope }], usesReserve: true }, signal);
}

/** Where the living servers are reached, in order: by port, then by address. As the leader knows it, which lives itself. */
export function livingServers(server: ServerContext): readonly ServerEndpoint[] {
  const { store, memberId } = server.options;
  const { members } = store.membership();
  const others = recordsOf(store.snapshot())
    .filter(({ member }) => member !== memberId && isAlive(member, members))
    .map(({ endpoint }) => endpoint);
  const distinct = new Map([ownEndpoint(server), ...others].map((each) => [`${each.address}:${each.port}`, each]));
  return [...distinct.values()].sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
}

/** Makes Endpoints and EndpointSlices what they should be, and forgets servers that are members no longer. */
export async function publishApiEndpoints(server: ServerContext, signal: AbortSignal): Promise<void> {
  const living = livingServers(server);
  const slices = slicesOf(living);
  for (const slice of slices) await ensureCurrent(server, signal, SLICES, slice);
  await ensureCurrent(server, signal, ['', 'endpoints'], endpointsOf(living));
  for (const stale of staleSlices(server, slices)) await remove(server, signal, SLICES, stale);
  await forgetFormerMembers(server, signal);
}

function ownEndpoint({ options }: ServerContext): ServerEndpoint {
  return options.endpoint ?? options.advertise;
}

/** A store without members knows of nobody that it has gone. */
function isAlive(member: string, members: readonly StoreMember[]): boolean {
  if (members.length === 0) return true;
  const found = members.find(({ id }) => id === member);
  return found !== undefined && (found.lastHeardMs ?? 0) < API_SERVER_SILENCE_MS;
}

interface ServerRecord {
  readonly member: string;
  readonly endpoint: ServerEndpoint;
}

function recordsOf(snapshot: Snapshot): readonly ServerRecord[] {
  return [...snapshot.scan(resourceRange(RECORDS))].map((stored) => {
    const { address = '', port = '' } = stored.envelope.fields;
    return { member: nameOfKey(stored).name, endpoint: { address, port: Number(port) } };
  });
}

async function forgetFormerMembers(
  { options: { store, memberId } }: ServerContext,
  signal: AbortSignal,
): Promise<void> {
  const { members, changing } = store.membership();
  if (members.length === 0 || changing) return;
  const former = recordsOf(store.snapshot()).filter(
    ({ member }) => member !== memberId && !members.some(({ id }) => id === member),
  );
  if (former.length === 0) return;
  const writes = former.map(({ member }): Write => ({ kind: 'delete', key: storeKey(RECORDS, '', member) }));
  await store.commit({ conditions: [], writes, usesReserve: true }, signal);
}

/** The older form. Servers that share a machine differ in their ports: one subset for each port. */
export function endpointsOf(living: readonly ServerEndpoint[]): Endpoints {
  return {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { ...API_SERVICE, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [...byPort(living)].map(([port, addresses]) => ({
      addresses: addresses.map((ip) => ({ ip })),
      ports: [{ name: 'https', port, protocol: 'TCP' }],
    })),
  };
}

/** All endpoints of a slice have its ports: one slice for each port, the first of which has the service's own name. */
export function slicesOf(living: readonly ServerEndpoint[]): readonly EndpointSlice[] {
  return [...byPort(living)].map(([port, addresses], at) => ({
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      ...API_SERVICE,
      name: at === 0 ? API_SERVICE.name : `${API_SERVICE.name}-${port}`,
      labels: { [SERVICE_LABEL]: API_SERVICE.name },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }));
}

function byPort(living: readonly ServerEndpoint[]): ReadonlyMap<number, readonly string[]> {
  const ports = new Map<number, string[]>();
  for (const { port, address } of living) ports.set(port, [...(ports.get(port) ?? []), address]);
  return ports;
}

/** Slices of former ports. Whatever else users call a slice of theirs is left alone. */
function staleSlices(server: ServerContext, current: readonly EndpointSlice[]): readonly KubeObject[] {
  const range = collectionRange(definitionOf(server, SLICES), API_SERVICE.namespace);
  const stale: KubeObject[] = [];
  for (const stored of server.options.store.snapshot().scan(range)) {
    const { namespace, name } = nameOfKey(stored);
    const isOurs = /^kubernetes-\d{1,5}$/.test(name) && stored.envelope.labels[SERVICE_LABEL] === API_SERVICE.name;
    if (isOurs && !current.some(({ metadata }) => metadata?.name === name))
      stale.push({ metadata: { namespace, name } });
  }
  return stale;
}
