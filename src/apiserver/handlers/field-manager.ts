// Who writes which fields: every write but deletions and bindings leaves its mark in metadata.managedFields, as Kubernetes
// has it. What is marked is what the client sent, with the defaults of its kind: what admission, allocation and strategies add
// later belongs to nobody.
import {
  APPLY_MEDIA_TYPE,
  apiSchema,
  type FieldWrite,
  groupVersion,
  type KubeObject,
  mediaTypeOf,
  type ResourceDefinition,
  trackUpdate,
} from '../../api/index.ts';
import type { Operation } from './operation.ts';

/** What the server writes of its own accord. */
export const SERVER_MANAGER = 'kube-apiserver';
/** What Kubernetes leaves to a controller, and we do in the command that calls for it. */
export const CONTROLLER_MANAGER = 'kube-controller-manager';

/** Server-side apply: the configuration that was applied has said who owns what. */
export function isApply({ info, contentType }: Pick<Operation, 'info' | 'contentType'>): boolean {
  return info.verb === 'patch' && mediaTypeOf(contentType) === APPLY_MEDIA_TYPE;
}

export function fieldWriteOf({ definition, info, manager, server }: Operation): FieldWrite {
  return {
    manager,
    apiVersion: groupVersion(definition.group, definition.version),
    subresource: info.subresource,
    nowMs: server.options.clock.now(),
  };
}

/** Marks what `object`, which replaces `live` (undefined: is new), changes. An apply has done so already. */
export function trackWrite(operation: Operation, live: KubeObject | undefined, object: KubeObject): void {
  if (isApply(operation)) return;
  trackUpdate(apiSchema(), operation.definition.schema, live, object, fieldWriteOf(operation));
}

/** The same for an object that is not the request's own: one that goes along in its command, or what a subresource speaks. */
export function trackOther(
  { group, version, schema }: Pick<ResourceDefinition, 'group' | 'version' | 'schema'>,
  live: KubeObject | undefined,
  object: KubeObject,
  write: Omit<FieldWrite, 'apiVersion'>,
): void {
  trackUpdate(apiSchema(), schema, live, object, { ...write, apiVersion: groupVersion(group, version) });
}
