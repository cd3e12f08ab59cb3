// What a state holds, as people count it; looking at it decodes every object.
import { decodeStored, type KubeObject } from '../../api/index.ts';
import { messageOf, UserError } from '../../lib/index.ts';
import { type Archive, parseStoreKey, type StoredObject } from '../../store/index.ts';

/** Our own records, which are no objects of the API. */
const INTERNAL = '~';

export interface Contents {
  readonly objects: number;
  /** Resource → how many, in the order of their names. */
  readonly byResource: Readonly<Record<string, number>>;
  /** Changes before the newest state that are kept too. */
  readonly history: number;
}

/** Throws UserError for an object that cannot be decoded, or is not the one that its key names. */
export function contentsOf(machine: Archive['machine']): Contents {
  const counts = new Map<string, number>();
  let objects = 0;
  for (const object of machine.versions()) {
    const { resource } = parseStoreKey(object.key);
    if (resource.startsWith(INTERNAL)) continue;
    checkObject(object);
    objects += 1;
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  let history = 0;
  for (const { version } of machine.changesAfter(machine.compactedRevision, Number.POSITIVE_INFINITY)) {
    if (!parseStoreKey(version.key).resource.startsWith(INTERNAL)) checkObject(version);
    history += 1;
  }
  const byResource = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { objects, byResource, history };
}

function checkObject(object: StoredObject): void {
  // What only a key opens cannot be looked into; its bytes are those that were written.
  if (object.envelope.keyId !== '') return;
  const { name } = parseStoreKey(object.key);
  let decoded: KubeObject;
  try {
    decoded = decodeStored(object.bytes);
  } catch (error) {
    throw undecodable(object, messageOf(error));
  }
  if (decoded.metadata?.name !== name) throw undecodable(object, `it is called ${String(decoded.metadata?.name)}`);
  if (decoded.metadata.resourceVersion !== String(object.revision))
    throw undecodable(object, `it says that it is of revision ${String(decoded.metadata.resourceVersion)}`);
}

function undecodable(object: StoredObject, found: string): UserError {
  return new UserError(
    `the object ${object.key} of revision ${object.revision} is not what its key says: ${found}`,
    'Use another archive; please report this, for its checksum is right.',
  );
}
