// The caches of all resources while this process leads: the warm ones, and others of what nobody keeps warm, which begin when
// a controller first asks for them. Controllers that follow the same resource share one watch.
import type { KubeObject } from '../../api/index.ts';
import type { Informer, InformerFactory, ResourceRef } from '../../client/index.ts';
import { type Logger, messageOf } from '../../lib/index.ts';
import { type Caches, resourceKey } from '../caches.ts';

export interface AllCaches {
  of(ref: ResourceRef<KubeObject>): Informer<KubeObject>;
}

export function createAllCaches(options: {
  readonly caches: Caches;
  readonly informers: InformerFactory;
  readonly logger: Logger;
  /** Ends those that begun here. */
  readonly signal: AbortSignal;
}): AllCaches {
  const { caches, informers, logger, signal } = options;
  const own = new Map<string, Informer<KubeObject>>();
  const begin = (ref: ResourceRef<KubeObject>, key: string): Informer<KubeObject> => {
    const informer = informers.informer(ref);
    own.set(key, informer);
    informer
      .start(signal)
      .catch((error: unknown) => logger.warn({ resource: key, error: messageOf(error) }, 'a cache did not start'));
    return informer;
  };
  return {
    of(ref) {
      const key = resourceKey(ref);
      return caches.complete(ref) ?? own.get(key) ?? begin(ref, key);
    },
  };
}
