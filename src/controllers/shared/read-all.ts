// All objects of a resource in a namespace as they are now: asked of the servers, page by page, at one revision.
import type { KubeObject, Served } from '../../api/index.ts';
import { type ApiClient, isNotFound, type ResourceRef } from '../../client/index.ts';
import { NAMESPACE_LIST_LIMIT } from '../limits.ts';

export async function readAll(
  client: ApiClient,
  ref: ResourceRef<KubeObject>,
  namespace: string,
): Promise<readonly Served<KubeObject>[]> {
  const items: Served<KubeObject>[] = [];
  try {
    let next: string | undefined;
    do {
      const page = await client.list(ref, {
        namespace,
        limit: NAMESPACE_LIST_LIMIT,
        ...(next === undefined ? {} : { continue: next }),
      });
      items.push(...page.items);
      next = page.continue;
    } while (next !== undefined && next !== '');
  } catch (error) {
    // Not served any more: then nothing of it is there.
    if (!isNotFound(error)) throw error;
  }
  return items;
}

/** How many there are, without reading them. */
export async function countAll(client: ApiClient, ref: ResourceRef<KubeObject>, namespace: string): Promise<number> {
  try {
    const { items, remainingItemCount = 0 } = await client.list(ref, { namespace, limit: 1 });
    return items.length + remainingItemCount;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return 0;
  }
}
