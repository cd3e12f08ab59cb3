// DELETECOLLECTION: each selected object is deleted as if by name, with the same options; one that is already gone is
// as good as deleted.
import { ApiError, groupVersion } from '../../api/index.ts';
import type { StoredObject } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';
import { collectionRange, nameOfKey } from '../storage/keys.ts';
import { viewObject } from '../storage/view.ts';
import { deleteObject, readDeleteOptions } from './delete.ts';
import type { Answer, Operation } from './operation.ts';
import { snapshotAt } from './read-revision.ts';
import { parseSelection } from './selection.ts';

export async function handleDeleteCollection(operation: Operation): Promise<Answer> {
  const { definition, info, query } = operation;
  const options = await readDeleteOptions(operation);
  const selection = parseSelection(definition, query, '');
  const snapshot = await snapshotAt(operation, { kind: 'current' });
  const selected: StoredObject[] = [];
  for (const object of snapshot.scan(collectionRange(definition, info.namespace)))
    if (selection.matches(object)) selected.push(object);

  for (const object of selected) {
    const { namespace, name } = nameOfKey(object);
    try {
      await deleteObject({ ...operation, info: { ...info, namespace, name } }, options);
    } catch (error) {
      if (!(error instanceof ApiError && error.status.code === 404)) throw error;
    }
  }
  const list = {
    kind: definition.listKind,
    apiVersion: groupVersion(definition.group, definition.version),
    metadata: { resourceVersion: String(operation.server.options.store.status().revision) },
    items: selected.map((object) => viewObject(fromStored(object), definition)),
  };
  return { kind: 'encoded', status: 200, json: JSON.stringify(list) };
}
