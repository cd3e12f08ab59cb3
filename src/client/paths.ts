// The paths and queries of the API: pure functions from names and selections to what is put on the wire.
import type { KubeObject } from '../api/index.ts';
import type { ResourceRef, Selection } from './types.ts';

/** `/api/v1/namespaces/default/pods`, `/apis/apps/v1/deployments`: a collection, of all namespaces when that is ''. */
export function collectionPath(ref: ResourceRef<KubeObject>, namespace: string): string {
  const root = ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
  const scope = ref.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${ref.plural}`;
}

export function objectPath(
  ref: ResourceRef<KubeObject>,
  name: { readonly namespace: string; readonly name: string },
  subresource: string | undefined,
): string {
  const path = `${collectionPath(ref, name.namespace)}/${encodeURIComponent(name.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `?a=b&c=d` of the values that are there, or ''. */
export function query(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** The query's part that every list and watch of a selection shares. */
export function selectionQuery(selection: Selection): Record<string, string | undefined> {
  return { labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector };
}
