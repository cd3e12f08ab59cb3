// Objects that the server itself keeps: created when they are missing, brought up to date, removed, through the same steps as
// anybody's requests.
import {
  ApiError,
  apiSchema,
  applyDefaults,
  cloneJson,
  equalJson,
  type KubeObject,
  type ResourceDefinition,
} from '../../api/index.ts';
import { defined } from '../../lib/index.ts';
import { INSECURE } from '../authn/users.ts';
import type { ServerContext } from '../context.ts';
import { createObject } from '../handlers/create.ts';
import { deleteObject } from '../handlers/delete.ts';
import { SERVER_MANAGER } from '../handlers/field-manager.ts';
import type { Operation } from '../handlers/operation.ts';
import { updateStep } from '../handlers/update.ts';
import { PLAIN_JSON } from '../http/negotiate.ts';
import { fromStored } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { transact } from '../storage/transact.ts';

/** Which part of the server writes (kube-apiserver when undefined), and to which subresource. */
export interface OwnPart {
  readonly manager?: string;
  readonly subresource?: string;
}

export type ResourceId = readonly [group: string, plural: string];

/** Creates the object unless it is there. */
export async function ensure(
  server: ServerContext,
  signal: AbortSignal,
  id: ResourceId,
  object: KubeObject,
  part?: OwnPart,
): Promise<void> {
  const definition = definitionOf(server, id);
  const { namespace = '', name = '' } = object.metadata ?? {};
  if (server.options.store.snapshot().get(objectKey(definition, namespace, name)) !== undefined) return;
  try {
    await createObject(operationFor(server, signal, definition, object, part), object, 201);
  } catch (error) {
    if (!(error instanceof ApiError && error.status.reason === 'AlreadyExists')) throw error;
  }
}

/** The same, and brings an older one up to date: as `object` is, or as `bringUpToDate` says (undefined: it stays). */
export async function ensureCurrent(
  server: ServerContext,
  signal: AbortSignal,
  id: ResourceId,
  object: KubeObject,
  bringUpToDate?: (old: KubeObject) => KubeObject | undefined,
  part?: OwnPart,
): Promise<void> {
  await ensure(server, signal, id, object, part);
  const definition = definitionOf(server, id);
  const operation = operationFor(server, signal, definition, object, part);
  const { namespace = '', name = '' } = object.metadata ?? {};
  await transact({
    store: server.options.store,
    signal,
    fence: undefined,
    definition,
    name,
    decide(snapshot) {
      const stored = snapshot.get(objectKey(definition, namespace, name));
      if (stored === undefined) return { kind: 'answer', value: undefined };
      const old = fromStored(stored);
      const next = bringUpToDate === undefined ? replaced(definition, old, object) : bringUpToDate(old);
      if (next === undefined) return { kind: 'answer', value: undefined };
      const step = updateStep(operation, next, { stored, object: old }, 'object', snapshot);
      return step.kind === 'answer' ? { kind: 'answer', value: undefined } : { ...step, done: () => undefined };
    },
  });
}

/** All but the metadata as `object` has it; undefined when that changes nothing. */
function replaced(definition: ResourceDefinition, old: KubeObject, object: KubeObject): KubeObject | undefined {
  const next: KubeObject = { ...cloneJson(object), metadata: { ...old.metadata } };
  applyDefaults(apiSchema(), definition, next);
  return equalJson({ ...next, metadata: undefined }, { ...old, metadata: undefined }) ? undefined : next;
}

/** Deletes the object if it is there. */
export async function remove(
  server: ServerContext,
  signal: AbortSignal,
  id: ResourceId,
  object: KubeObject,
): Promise<void> {
  try {
    await deleteObject(operationFor(server, signal, definitionOf(server, id), object), {});
  } catch (error) {
    if (!(error instanceof ApiError && error.status.code === 404)) throw error;
  }
}

export function definitionOf(server: ServerContext, [group, plural]: ResourceId): ResourceDefinition {
  return defined(server.options.registry.find(group, 'v1', plural), `the resource ${plural}`);
}

/** The server itself as the caller; `part` names who of it writes what. */
export function operationFor(
  server: ServerContext,
  signal: AbortSignal,
  definition: ResourceDefinition,
  object: KubeObject,
  { manager = SERVER_MANAGER, subresource = '' }: OwnPart = {},
): Operation {
  const { namespace = '', name = '' } = object.metadata ?? {};
  const { group, version, plural: resource } = definition;
  return {
    server,
    definition,
    info: {
      kind: 'resource',
      verb: 'create',
      path: '',
      group,
      version,
      namespace,
      resource,
      name,
      subresource,
      rest: [],
    },
    query: new URLSearchParams(),
    user: INSECURE,
    manager,
    signal,
    fence: undefined,
    dryRun: false,
    representation: PLAIN_JSON,
    contentType: undefined,
    warnings: new Set(),
    body: () => Promise.resolve(new Uint8Array(0)),
  };
}
