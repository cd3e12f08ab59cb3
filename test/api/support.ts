// Shorthands for the API tests: objects to bytes, a create and an update through the whole lifecycle.
import {
  type ApiError,
  admitDecoded,
  apiSchema,
  type CreateContext,
  cloneJson,
  createApiRegistry,
  decodeBody,
  type Json,
  type KubeObject,
  prepareCreate,
  prepareStatusUpdate,
  prepareUpdate,
  type ResourceDefinition,
  reconcileNames,
  tableOf,
  validateCreate,
  validateStatusUpdate,
  validateUpdate,
} from '../../src/api/index.ts';
import { defined } from '../../src/lib/index.ts';

export const registry = createApiRegistry();
export const schema = apiSchema();
const CALLER = { name: 'jane', uid: 'u1', groups: ['devs'], extra: { scopes: ['a', 'b'] } };
export const context: CreateContext = {
  nowMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  random: () => 7,
  uid: 'uid-1',
  caller: CALLER,
};

export function resource(group: string, plural: string): ResourceDefinition {
  return defined(registry.find(group, 'v1', plural), plural);
}
export const PODS = resource('', 'pods');
export const DEPLOYMENTS = resource('apps', 'deployments');
export const SERVICES = resource('', 'services');
export const NODES = resource('', 'nodes');

export function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** What is stored when `body` is created in the namespace default. */
export function created<T extends KubeObject>(definition: ResourceDefinition, body: object): T {
  const { object } = admitDecoded(schema, definition, decodeBody(bytesOf(body), 'application/json'), 'Strict');
  reconcileNames(definition, object, definition.namespaced ? 'default' : '', '');
  prepareCreate(schema, definition, object, context);
  validateCreate(schema, definition, object);
  return object as T;
}

/** What is stored when `old` is replaced by what `change` makes of it. */
export function updated<T extends KubeObject>(definition: ResourceDefinition, old: T, change: (object: T) => void): T {
  const body = cloneJson(old);
  change(body);
  const { object } = admitDecoded(schema, definition, { value: body as unknown as Json }, 'Strict');
  prepareUpdate(schema, definition, object, old, context);
  validateUpdate(schema, definition, object, old);
  return object as T;
}

/** What is stored when `status` is written to the status of `old`. */
export function reported<T extends KubeObject>(definition: ResourceDefinition, old: T, status: object): T {
  const object = { ...cloneJson(old), status } as T;
  prepareStatusUpdate(schema, definition, object, old, context);
  validateStatusUpdate(definition, object, old);
  return object;
}

/** The cells of `object` in a table, by column. */
export function cellsOf(
  definition: ResourceDefinition,
  object: object,
  nowMs = context.nowMs,
): Record<string, unknown> {
  const options = { version: 'v1', nowMs, includeObject: 'None', metadata: {} } as const;
  const { columnDefinitions, rows } = tableOf(definition, [object as KubeObject], options);
  return Object.fromEntries(columnDefinitions.map(({ name }, index) => [name, rows[0]?.cells[index]]));
}

/** The message of the ApiError that `run` throws. */
export function failure(run: () => unknown): string {
  return failureOf(run).message;
}

export function failureOf(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('expected a failure');
}

export function pod(spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...metadata },
    spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec },
  };
}

export function deployment(spec: object = {}): object {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'busybox:1.35' }] } },
      ...spec,
    },
  };
}

export function service(spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { ports: [{ port: 80 }], selector: { app: 'web' }, ...spec },
  };
}
