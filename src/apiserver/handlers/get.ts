// GET of one object.
import { notFoundError } from '../../api/index.ts';
import type { Snapshot, StoredObject } from '../../store/index.ts';
import { fenceHeader } from '../storage/fence.ts';
import { objectKey } from '../storage/keys.ts';
import type { Answer, Operation } from './operation.ts';
import { readRevision, snapshotAt } from './read-revision.ts';

export async function handleGet(operation: Operation): Promise<Answer> {
  const { definition, info } = operation;
  const { snapshot, object } = await readObject(operation);
  return {
    kind: 'stored',
    status: 200,
    object,
    fence: fenceHeader(definition, info.namespace, info.name, snapshot),
  };
}

/** The object that the path names, at the revision the query asks for. Throws ApiError 404, and 410 and 504 of reads. */
export async function readObject(operation: Operation): Promise<{ snapshot: Snapshot; object: StoredObject }> {
  const { definition, info, query } = operation;
  const read = readRevision(query, false);
  const key = objectKey(definition, info.namespace, info.name);
  let snapshot = await snapshotAt(operation, read);
  let object = snapshot.get(key);
  // Absence is only told of current state, unless the past was asked for.
  if (object === undefined && (read.kind === 'any' || read.kind === 'atLeast')) {
    snapshot = await snapshotAt(operation, { kind: 'current' });
    object = snapshot.get(key);
  }
  if (object === undefined) throw notFoundError(definition, info.name);
  return { snapshot, object };
}
