// Adopting and releasing: makes the owner references of a controller's objects agree with its selector. Each write rests
// on the version of the object decided on, and adoption on a fresh look at the owner, which may be gone already.
import type { KubeObject, OwnerReference, Served } from '../../api/index.ts';
import { type ApiClient, isNotFound, nameOf, type ResourceRef } from '../../client/index.ts';
import { claimOf, withOwner, withoutOwners } from './owners.ts';

export interface ClaimRequest<Owner extends KubeObject, T extends KubeObject> {
  readonly client: ApiClient;
  readonly owner: Served<Owner>;
  readonly ownerRef: ResourceRef<Owner>;
  readonly reference: OwnerReference;
  readonly ref: ResourceRef<T>;
  readonly candidates: readonly Served<T>[];
  matches(object: Served<T>): boolean;
}

/** Answers the candidates that the owner controls when all is done. Throws what the API answers, except NotFound. */
export async function claimObjects<Owner extends KubeObject, T extends KubeObject>(
  request: ClaimRequest<Owner, T>,
): Promise<readonly Served<T>[]> {
  const { client, owner, ref, reference, candidates } = request;
  const claimed: Served<T>[] = [];
  let mayAdopt: Promise<boolean> | undefined;
  for (const object of candidates) {
    switch (claimOf(owner, object, request.matches(object))) {
      case 'keep':
        claimed.push(object);
        break;
      case 'adopt': {
        mayAdopt ??= ownerStillThere(request);
        if (!(await mayAdopt)) break;
        const adopted = await unlessGone(client.update(ref, withOwner(object, reference)));
        if (adopted !== undefined) claimed.push(adopted);
        break;
      }
      case 'release':
        await unlessGone(client.update(ref, withoutOwners(object, new Set([owner.metadata.uid]))));
        break;
      case 'ignore':
        break;
    }
  }
  return claimed;
}

async function ownerStillThere<Owner extends KubeObject, T extends KubeObject>({
  client,
  owner,
  ownerRef,
}: ClaimRequest<Owner, T>): Promise<boolean> {
  const live = await unlessGone(client.get(ownerRef, nameOf(owner)));
  return live?.metadata.uid === owner.metadata.uid && live.metadata.deletionTimestamp === undefined;
}

/** What a request answers; undefined when the object is not there. */
export async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
