// Objects in the version of the request. One stored resource may have several views: events.k8s.io/v1 Events are core
// Events under other field names. Every other resource is its own view.
import { groupVersion, type KubeObject, type ResourceDefinition } from '../../api/index.ts';

/** A stored object in the version of `definition`. */
export function viewObject(stored: KubeObject, definition: ResourceDefinition): KubeObject {
  const { storedAs } = definition;
  if (storedAs === undefined || stored.apiVersion === groupVersion(definition.group, definition.version)) return stored;
  return storedAs.fromStored(stored);
}

/** An object of `definition`'s version as it is stored. */
export function storageForm(definition: ResourceDefinition, object: KubeObject): KubeObject {
  return definition.storedAs === undefined ? object : definition.storedAs.toStored(object);
}
