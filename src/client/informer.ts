// Informers: a cache that a reflector keeps equal to the server, and handlers that hear of each change once, in order,
// after the cache has it. A factory shares one informer between all who ask for the same selection of a resource.
import type { KubeObject, Served } from '../api/index.ts';
import { type Clock, type Logger, messageOf, type Prng } from '../lib/index.ts';
import { type Cache, createCache } from './cache.ts';
import { type ReflectorTarget, runReflector } from './reflector.ts';
import { keyOf, sameObject } from './resources.ts';
import type {
  ApiClient,
  Informer,
  InformerFactory,
  InformerHandlers,
  InformerOptions,
  ResourceRef,
  Selection,
} from './types.ts';

export interface InformerRuntime {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** Freezes cached objects deeply, so that mutating one throws: for tests. */
  readonly freeze?: boolean | undefined;
}

export function createInformer<T extends KubeObject>(
  ref: ResourceRef<T>,
  runtime: InformerRuntime,
  options: InformerOptions<T> = {},
): Informer<T> {
  return buildInformer(ref, runtime, options, createIndexedCache(options));
}

/** Informers are started by `start`; those asked for later by the next `start`. */
export function createInformerFactory(runtime: InformerRuntime): InformerFactory {
  const shared = new Map<string, Shared>();
  return {
    informer<T extends KubeObject>(ref: ResourceRef<T>, options: InformerOptions<T> = {}): Informer<T> {
      const id = JSON.stringify([
        ref.group,
        ref.version,
        ref.plural,
        options.namespace ?? '',
        options.labelSelector ?? '',
        options.fieldSelector ?? '',
      ]);
      // The id names the resource, and a resource has one type of objects.
      const known = shared.get(id) as Shared<T> | undefined;
      if (known !== undefined) {
        for (const [name, values] of Object.entries(options.indexes ?? {})) known.cache.addIndex(name, values);
        return known.informer;
      }
      const cache = createIndexedCache(options);
      const informer = buildInformer(ref, runtime, options, cache);
      shared.set(id, { informer, cache } as unknown as Shared);
      return informer;
    },
    async start(signal) {
      await Promise.all([...shared.values()].map(({ informer }) => informer.start(signal)));
    },
  };
}

interface Shared<T extends KubeObject = KubeObject> {
  readonly informer: Informer<T>;
  readonly cache: Cache<T>;
}

function createIndexedCache<T extends KubeObject>(options: InformerOptions<T>): Cache<T> {
  const cache = createCache<T>();
  for (const [name, values] of Object.entries(options.indexes ?? {})) cache.addIndex(name, values);
  return cache;
}

function buildInformer<T extends KubeObject>(
  ref: ResourceRef<T>,
  runtime: InformerRuntime,
  selection: Selection,
  cache: Cache<T>,
): Informer<T> {
  const logger = runtime.logger.child({ resource: ref.plural });
  const handlers: InformerHandlers<T>[] = [];
  let synced = false;
  let started: Promise<void> | undefined;

  /** A handler that throws harms neither the cache nor its neighbours. */
  const guard = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'a handler of an informer failed');
    }
  };
  const tell = (call: (handler: InformerHandlers<T>) => void): void => {
    for (const handler of [...handlers]) guard(() => call(handler));
  };

  const target = (onListed: () => void): ReflectorTarget<T> => {
    const remove = (key: string): void => {
      const old = cache.remove(key);
      if (old !== undefined) tell((handler) => handler.deleted?.(old));
    };
    const put = (object: Served<T>): void => {
      if (runtime.freeze === true) deepFreeze(object);
      const known = cache.find(keyOf(object));
      // The same name with another uid is another object: its deletion was missed.
      if (known !== undefined && !sameObject(known, object)) remove(keyOf(object));
      const old = cache.put(object);
      if (old === undefined) tell((handler) => handler.added?.(object));
      else tell((handler) => handler.updated?.(object, old));
    };
    return {
      put,
      remove(object) {
        const key = keyOf(object);
        // Handlers are given the last state, as the deletion carries it.
        if (cache.remove(key) !== undefined) tell((handler) => handler.deleted?.(object));
      },
      replace(objects) {
        for (const key of cache.keys()) if (!objects.has(key)) remove(key);
        for (const [key, object] of objects) {
          if (cache.find(key)?.metadata.resourceVersion !== object.metadata.resourceVersion) put(object);
        }
        synced = true;
        onListed();
      },
    };
  };

  return {
    lister: cache,
    synced: () => synced,
    addHandlers(added, signal) {
      if (signal?.aborted) return;
      handlers.push(added);
      signal?.addEventListener('abort', () => handlers.splice(handlers.indexOf(added), 1), { once: true });
      for (const object of cache.list()) guard(() => added.added?.(object));
    },
    start(signal) {
      started ??= new Promise((resolve) => {
        const { client, clock, random } = runtime;
        const options = { client, ref, selection, clock, logger, random, signal, target: target(resolve) };
        void runReflector(options).then(resolve);
      });
      return started;
    },
  };
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}
