// The IPAddress of each cluster IP, as an object that anybody can read: named after the address, it says which service has it. It comes
// and goes in the commands that give the address and take it back (service-addresses.ts).
import { randomUUID } from 'node:crypto';
import type { IPAddress, KubeObject } from '../../api/index.ts';
import { defined, rfc3339 } from '../../lib/index.ts';
import { type Envelope, parseStoreKey, type StoredObject, type StoreKey, storeKey } from '../../store/index.ts';
import { SERVER_MANAGER, trackOther } from '../handlers/field-manager.ts';
import type { Operation } from '../handlers/operation.ts';
import { toEnvelope } from './codec.ts';

export interface AddressOwner {
  readonly namespace: string;
  readonly name: string;
}

export const IP_ADDRESSES = 'ipaddresses.networking.k8s.io';
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const ALLOCATOR = 'ipallocator.k8s.io';
const FAMILY = 'ipaddress.kubernetes.io/ip-family';

export function ipAddressKey(ip: string): StoreKey {
  return storeKey(IP_ADDRESSES, '', ip);
}

export function isIpAddressKey(key: StoreKey): boolean {
  return parseStoreKey(key).resource === IP_ADDRESSES;
}

/** Whether it is one of ours, not one that somebody made by hand. */
export function isAllocated({ envelope }: StoredObject): boolean {
  return envelope.labels[MANAGED_BY] === ALLOCATOR;
}

export function ipAddressEnvelope(
  key: StoreKey,
  { namespace, name }: AddressOwner,
  { registry, clock }: Pick<Operation['server']['options'], 'registry' | 'clock'>,
): Envelope {
  const definition = defined(registry.find('networking.k8s.io', 'v1', 'ipaddresses'), 'IP addresses');
  const nowMs = clock.now();
  const object: IPAddress & KubeObject = {
    kind: 'IPAddress',
    apiVersion: 'networking.k8s.io/v1',
    metadata: {
      name: parseStoreKey(key).name,
      uid: randomUUID(),
      creationTimestamp: rfc3339(nowMs),
      labels: { [FAMILY]: 'IPv4', [MANAGED_BY]: ALLOCATOR },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
  trackOther(definition, undefined, object, {
    manager: SERVER_MANAGER,
    subresource: '',
    nowMs,
  });
  return toEnvelope(definition, object);
}
