// What is answered, as JSON: an object itself (its stored bytes, verbatim), a Table row, or its metadata alone. Only the last
// two, and views in another version, parse anything.
import {
  groupVersion,
  type IncludeObject,
  type KubeObject,
  type ListMetadata,
  type MetaVersion,
  partialObjectMetadata,
  type ResourceDefinition,
} from '../../api/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { StoredObject } from '../../store/index.ts';
import { encodePlain, fromStored, isStored } from '../storage/codec.ts';
import { viewObject } from '../storage/view.ts';

/** Pieces of JSON, of which answers in JSON and in YAML are made. */
export interface JsonForm {
  /** True when the stored bytes are the answer. */
  verbatim(source: StoredObject): boolean;
  /** One object, encoded. */
  object(source: StoredObject | KubeObject): Uint8Array;
  /** The first part of a list, up to and including the opening bracket of its items. */
  listHead(metadata: ListMetadata): string;
  /** One item of a list. */
  item(source: StoredObject): Uint8Array;
  /** What closes a list. */
  readonly listTail: string;
  /** What a bookmark event carries. */
  bookmark(resourceVersion: string, initialEventsEnd: boolean): string;
}

export function objectForm(definition: ResourceDefinition): JsonForm {
  const apiVersion = groupVersion(definition.group, definition.version);
  const encode = (source: StoredObject | KubeObject): Uint8Array => {
    if (!isStored(source)) return encodePlain(source);
    if (source.envelope.apiVersion === apiVersion) return source.bytes;
    return encodePlain(viewObject(fromStored(source), definition));
  };
  return {
    verbatim: (source) => source.envelope.apiVersion === apiVersion,
    object: encode,
    item: encode,
    listHead: (metadata) => listHead(definition.listKind, apiVersion, metadata),
    listTail: ']}\n',
    bookmark: (resourceVersion, end) => bookmark(definition.kind, apiVersion, resourceVersion, end),
  };
}

export function metadataForm(version: MetaVersion): JsonForm {
  const apiVersion = `meta.k8s.io/${version}`;
  const encode = (source: StoredObject | KubeObject): Uint8Array =>
    encodePlain(partialObjectMetadata(isStored(source) ? fromStored(source) : source, version));
  return {
    verbatim: () => false,
    object: encode,
    item: encode,
    listHead: (metadata) => listHead('PartialObjectMetadataList', apiVersion, metadata),
    listTail: ']}\n',
    bookmark: (resourceVersion, end) => bookmark('PartialObjectMetadata', apiVersion, resourceVersion, end),
  };
}

export function tableForm(
  definition: ResourceDefinition,
  version: MetaVersion,
  include: IncludeObject,
  clock: Pick<Clock, 'now'>,
): JsonForm {
  const apiVersion = `meta.k8s.io/${version}`;
  const columns = definition.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  const head = (metadata: object): string =>
    `{"kind":"Table","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${JSON.stringify(columns)},"rows":[`;
  const row = (source: StoredObject | KubeObject): string => {
    const object = isStored(source) ? viewObject(fromStored(source), definition) : source;
    const nowMs = clock.now();
    const cells = definition.columns.map((column) => column.cell(object, nowMs));
    const shown =
      include === 'None' ? undefined : include === 'Object' ? object : partialObjectMetadata(object, version);
    return JSON.stringify({ cells, object: shown });
  };
  return {
    verbatim: () => false,
    object: (source) => {
      const resourceVersion = isStored(source) ? String(source.revision) : (source.metadata?.resourceVersion ?? '');
      return Buffer.from(`${head({ resourceVersion })}${row(source)}]}`);
    },
    item: (source) => Buffer.from(row(source)),
    listHead: head,
    listTail: ']}\n',
    bookmark: (resourceVersion, end) => {
      const object = bookmark('PartialObjectMetadata', apiVersion, resourceVersion, end);
      return `${head({ resourceVersion })}{"cells":[],"object":${object}}]}`;
    },
  };
}

function listHead(kind: string, apiVersion: string, metadata: ListMetadata): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
}

function bookmark(kind: string, apiVersion: string, resourceVersion: string, end: boolean): string {
  const annotations = end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return JSON.stringify({ kind, apiVersion, metadata: { resourceVersion, creationTimestamp: null, ...annotations } });
}
