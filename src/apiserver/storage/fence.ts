// Fences (house.md, decision 3): a change of a Lease's holder writes an internal record in the same command, whose
// revision is the token. A write that carries the token applies only while that holder still holds the lease.
import {
  ApiError,
  badRequestError,
  type KubeObject,
  type Lease,
  qualifiedResource,
  type ResourceDefinition,
} from '../../api/index.ts';
import {
  type Condition,
  type Revision,
  type Snapshot,
  type StoreKey,
  storeKey,
  type Write,
} from '../../store/index.ts';
import { internalEnvelope } from './codec.ts';

export const FENCE_HEADER = 'quorate-fence';
const FENCE_RESOURCE = '~fences';

export interface Fence {
  readonly namespace: string;
  readonly lease: string;
  readonly token: Revision;
}

/** Reads `<namespace>/<lease>=<token>`; undefined when the header is absent. Throws ApiError 400 when it is none. */
export function parseFence(header: string | undefined): Fence | undefined {
  if (header === undefined || header === '') return undefined;
  const match = /^([^/=]+)\/([^/=]+)=(\d{1,15})$/.exec(header);
  const [, namespace, lease, token] = match ?? [];
  if (namespace === undefined || lease === undefined || token === undefined)
    throw badRequestError(
      `the header Quorate-Fence must be <namespace>/<lease>=<token>, not ${JSON.stringify(header)}`,
    );
  return { namespace, lease, token: Number(token) as Revision };
}

export function fenceKey(namespace: string, lease: string): StoreKey {
  return storeKey(FENCE_RESOURCE, namespace, lease);
}

export function fenceCondition(fence: Fence): Condition {
  return { kind: 'revision', key: fenceKey(fence.namespace, fence.lease), revision: fence.token };
}

/** The write that raises the fence when the lease's holder changes; none otherwise. */
export function fenceWrites(
  definition: ResourceDefinition,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): Write[] {
  const metadata = object?.metadata ?? old?.metadata;
  if (!isLease(definition) || metadata === undefined) return [];
  const holder = holderOf(object);
  if (object !== undefined && old !== undefined && holder === holderOf(old)) return [];
  const key = fenceKey(metadata.namespace ?? '', metadata.name ?? '');
  // A deleted lease leaves a raised fence behind: its former holder must not write on.
  return [{ kind: 'put', key, envelope: internalEnvelope({ holder: object === undefined ? '' : holder }) }];
}

/** The header to send with a Lease; undefined for any other resource, or when no one ever held it. */
export function fenceHeader(
  definition: ResourceDefinition,
  namespace: string,
  name: string,
  snapshot: Snapshot,
): string | undefined {
  if (!isLease(definition)) return undefined;
  const record = snapshot.get(fenceKey(namespace, name));
  return record === undefined ? undefined : `${namespace}/${name}=${record.revision}`;
}

export function fenceError(definition: ResourceDefinition, name: string, fence: Fence): ApiError {
  const what = `${qualifiedResource(definition)} "${name}"`;
  const message = `Operation cannot be fulfilled on ${what}: the lease ${fence.namespace}/${fence.lease} has another holder than when this request's fence was raised`;
  return new ApiError(409, 'Conflict', message, { name, kind: definition.plural });
}

export function isLease(definition: ResourceDefinition): boolean {
  return definition.group === 'coordination.k8s.io' && definition.plural === 'leases';
}

function holderOf(object: KubeObject | undefined): string {
  return (object as Lease | undefined)?.spec?.holderIdentity ?? '';
}
