// Where objects live in the store. A resource that is a view of another lives where that one does.
import { qualifiedResource, type ResourceDefinition } from '../../api/index.ts';
import { type KeyRange, resourceRange, type StoredObject, type StoreKey, storeKey } from '../../store/index.ts';

/** The definitions' resource in the store: `pods`, `deployments.apps`. */
export function storeResource(definition: ResourceDefinition): string {
  return qualifiedResource(definition.storedAs ?? definition);
}

/** `namespace` is '' for cluster-scoped resources. */
export function objectKey(definition: ResourceDefinition, namespace: string, name: string): StoreKey {
  return storeKey(storeResource(definition), namespace, name);
}

/** All objects of the resource, or of one namespace of it when `namespace` is not ''. */
export function collectionRange(definition: ResourceDefinition, namespace: string): KeyRange {
  const resource = storeResource(definition);
  return namespace === '' ? resourceRange(resource) : resourceRange(resource, namespace);
}

export function namespaceKey(namespace: string): StoreKey {
  return storeKey('namespaces', '', namespace);
}

/** Namespace and name, from the key: no parsing. */
export function nameOfKey(stored: StoredObject): { readonly namespace: string; readonly name: string } {
  const first = stored.key.indexOf('/');
  const second = stored.key.indexOf('/', first + 1);
  return { namespace: stored.key.slice(first + 1, second), name: stored.key.slice(second + 1) };
}
