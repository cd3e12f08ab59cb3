// How many seats a request needs: one, but for lists, and watches that begin with one, which are as much work as objects are read.
import type { ApiRegistry } from '../../api/index.ts';
import type { ObjectStore } from '../../store/index.ts';
import { OBJECTS_PER_SEAT } from '../limits.ts';
import { isTrue, type RequestInfo, type ResourceRequest } from '../request-info/parse.ts';
import { collectionRange } from '../storage/keys.ts';

export interface Collections {
  readonly store: Pick<ObjectStore, 'snapshot'>;
  readonly registry: Pick<ApiRegistry, 'find'>;
}

/** At most `widest`. */
export function widthOf(collections: Collections, info: RequestInfo, query: URLSearchParams, widest: number): number {
  if (widest <= 1 || info.kind !== 'resource') return 1;
  const reads = info.verb === 'list' || (info.verb === 'watch' && beginsWithAll(query));
  // One that names its object is answered as a GET is.
  if (!reads || info.name !== '' || info.subresource !== '') return 1;
  return Math.max(1, Math.min(widest, Math.ceil(objectsRead(collections, info, query) / OBJECTS_PER_SEAT)));
}

/** Without a revision to go on from, or by its wish. */
function beginsWithAll(query: URLSearchParams): boolean {
  const version = query.get('resourceVersion') ?? '';
  return version === '' || version === '0' || isTrue(query.get('sendInitialEvents'));
}

function objectsRead({ store, registry }: Collections, info: ResourceRequest, query: URLSearchParams): number {
  const definition = registry.find(info.group, info.version, info.resource);
  if (definition === undefined || definition.storage === 'none') return 0;
  const all = store.snapshot().count(collectionRange(definition, info.namespace));
  const limit = Number(query.get('limit') ?? 0);
  // A page of what is selected may look at everything.
  const selects = query.has('labelSelector') || query.has('fieldSelector');
  return !selects && limit > 0 ? Math.min(all, limit) : all;
}
