// From a request to the handler of its verb and subresource, and from the handler's answer to a response.
import {
  type KubeObject,
  managerOfUserAgent,
  methodNotAllowedError,
  methodNotSupportedError,
  notAcceptableError,
  notFoundError,
  type ResourceDefinition,
  type TableColumn,
  timeoutError,
  unknownPathError,
} from '../../api/index.ts';
import { type StoredObject, StoreTimeoutError } from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import { readBody } from '../http/body.ts';
import type { AppContext } from '../http/env.ts';
import { acceptedMediaTypes, MEDIA_TYPES, negotiate, type Representation } from '../http/negotiate.ts';
import { indented, indentedParts, isPretty } from '../http/pretty.ts';
import { addHeader, ready, respondBytes, respondParts } from '../http/respond.ts';
import { warningHeader } from '../http/warning.ts';
import { NAME_LIMIT } from '../limits.ts';
import type { ResourceRequest } from '../request-info/parse.ts';
import { FENCE_HEADER, parseFence } from '../storage/fence.ts';
import { storeError } from '../storage/transact.ts';
import { handleWatch } from '../watch/handle.ts';
import { handleComputed, isComputed } from './computed.ts';
import { handleCreate } from './create.ts';
import { handleDelete } from './delete.ts';
import { handleDeleteCollection } from './delete-collection.ts';
import { handleGet } from './get.ts';
import { handleList } from './list.ts';
import { offerOf } from './offer.ts';
import type { Answer, Operation } from './operation.ts';
import { asksDryRun } from './options.ts';
import { handlePatch } from './patch.ts';
import { shapeFor } from './shape.ts';
import { handleSubresource } from './subresources.ts';
import { handleUpdate } from './update.ts';

/** Throws ApiError. */
export async function serveResource(server: ServerContext, c: AppContext, info: ResourceRequest): Promise<Response> {
  const definition = server.options.registry.find(info.group, info.version, info.resource);
  if (definition === undefined || (info.rest.length > 0 && info.subresource !== 'proxy')) throw unknownPathError();
  if (definition.deprecation !== undefined) addHeader(c, 'warning', warningHeader(definition.deprecation));
  const offer = offerOf(definition, info);
  const representation = negotiate(c.req.header('accept'), offer);
  if (representation === undefined) throw notAcceptableError(acceptedMediaTypes(offer));
  const operation = operationOf(server, c, info, definition, representation);
  refuseImpossible(operation);
  try {
    return await respond(operation, c, await handle(operation, c));
  } catch (error) {
    putWarnings(operation, c);
    if (reads(info) && error instanceof StoreTimeoutError) throw timeoutError(UNCONFIRMED_READ, 1);
    throw storeError(error);
  }
}

/** A read changes nothing: it is not said to have an unknown outcome, but what its client may do instead. */
const UNCONFIRMED_READ =
  'no majority of the servers confirmed within the allotted time that this server is current; with resourceVersion=0 it answers what it has';

function reads({ verb }: ResourceRequest): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}

function operationOf(
  server: ServerContext,
  c: AppContext,
  info: ResourceRequest,
  definition: ResourceDefinition,
  representation: Representation,
): Operation {
  const query = c.get('query');
  return {
    server,
    definition,
    info,
    query,
    user: c.get('user'),
    manager: reads(info) ? '' : query.get('fieldManager') || managerOfUserAgent(c.req.header('user-agent') ?? ''),
    signal: c.get('signal'),
    fence: reads(info) ? undefined : parseFence(c.req.header(FENCE_HEADER)),
    dryRun: !reads(info) && asksDryRun(query),
    representation,
    contentType: c.req.header('content-type'),
    warnings: new Set(),
    body: () => readBody(c),
  };
}

/** Paths and verbs that the resource does not have. */
function refuseImpossible({ definition, info }: Operation): void {
  const collection = info.name === '' || (info.verb === 'list' && info.subresource === '');
  if (info.verb === 'unknown') throw methodNotAllowedError();
  if (definition.namespaced && info.namespace === '' && !collection && info.verb !== 'watch') throw unknownPathError();
  if (!definition.namespaced && info.namespace !== '') throw unknownPathError();
  if (info.name.length > NAME_LIMIT || info.namespace.length > NAME_LIMIT) throw notFoundError(definition, info.name);
  if (info.subresource !== '') return;
  if (info.verb === 'create' && info.name !== '') throw methodNotAllowedError();
  // A collection is deleted in one namespace: that of all namespaces can only be read.
  if (info.verb === 'deletecollection' && definition.namespaced && info.namespace === '') throw methodNotAllowedError();
  if ((info.verb === 'update' || info.verb === 'patch') && info.name === '') throw methodNotAllowedError();
  if (definition.verbs.includes(info.verb)) return;
  // A list is served there that cannot be watched; of other verbs there is no route at all.
  const isListed = info.verb === 'watch' && definition.verbs.includes('list');
  throw isListed ? methodNotSupportedError(definition, info.verb) : methodNotAllowedError();
}

function handle(operation: Operation, c: AppContext): Promise<Answer> {
  const { info } = operation;
  if (info.subresource !== '') return handleSubresource(operation, c);
  if (isComputed(operation.definition)) return handleComputed(operation, c);
  switch (info.verb) {
    case 'get':
      return handleGet(operation);
    case 'list':
      return handleList(operation);
    case 'watch':
      return handleWatch(operation, c);
    case 'create':
      return handleCreate(operation);
    case 'update':
      return handleUpdate(operation, 'object');
    case 'patch':
      return handlePatch(operation, 'object');
    case 'delete':
      return handleDelete(operation);
    case 'deletecollection':
      return handleDeleteCollection(operation);
    case 'unknown':
      throw methodNotAllowedError();
  }
}

async function respond(operation: Operation, c: AppContext, answer: Answer): Promise<Response> {
  const { representation } = operation;
  putWarnings(operation, c);
  switch (answer.kind) {
    case 'stored':
      if (answer.fence !== undefined) addHeader(c, 'Quorate-Fence', answer.fence);
      return respondShaped(c, operation, answer);
    case 'object':
      return respondShaped(c, withColumns(operation, answer.columns), answer);
    case 'encoded': {
      const { encoding } = representation;
      return respondBytes(c, answer.status, ready(c, answer.json, representation), MEDIA_TYPES[encoding]);
    }
    case 'parted': {
      const { contentType } = answer;
      const body = isPretty(c, representation) ? indentedParts(answer.body) : answer.body;
      return respondParts(c, answer.status, body, { contentType, clock: operation.server.options.clock });
    }
    case 'taken':
      return answer.response;
  }
}

function respondShaped(
  c: AppContext,
  operation: Operation,
  { status, object }: Pick<Extract<Answer, { kind: 'stored' | 'object' }>, 'status' | 'object'>,
): Promise<Response> {
  const { representation } = operation;
  const bytes = shaped(operation, object);
  return respondBytes(c, status, isPretty(c, representation) ? indented(bytes) : bytes, representation.contentType);
}

function withColumns(operation: Operation, columns: readonly TableColumn[] | undefined): Operation {
  if (columns === undefined || operation.representation.as !== 'table') return operation;
  return { ...operation, definition: { ...operation.definition, columns } };
}

function shaped(operation: Operation, object: StoredObject | KubeObject): Uint8Array {
  const { definition, representation, query, server } = operation;
  return shapeFor(definition, representation, query, server.options.clock).object(object);
}

function putWarnings(operation: Operation, c: AppContext): void {
  for (const text of operation.warnings) addHeader(c, 'warning', warningHeader(text));
}
