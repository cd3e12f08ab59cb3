// What kubectl prints: Table answers (columns filled by the server) and PartialObjectMetadata answers, from objects.
import type { ResourceDefinition, TableColumn } from './definition.ts';
import type { KubeObject, ObjectMeta } from './object.ts';

export { ageOf, humanDuration } from './resources/define.ts';

/** meta.k8s.io/v1 and v1beta1 are the same but for their name. */
export type MetaVersion = 'v1' | 'v1beta1';
export type IncludeObject = 'Metadata' | 'None' | 'Object';

export interface ListMetadata {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly object?: KubeObject;
}

export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: ListMetadata;
  readonly columnDefinitions: readonly TableColumnDefinition[];
  readonly rows: readonly TableRow[];
}

export interface TableOptions {
  readonly version: MetaVersion;
  readonly nowMs: number;
  /** What each row carries besides its cells: `Metadata` unless the request says otherwise. */
  readonly includeObject: IncludeObject;
  readonly metadata: ListMetadata;
  /** False after the first event of a watch: clients remember the columns. */
  readonly withColumns?: boolean;
}

/** A table of `objects`, which are full objects of the resource. */
export function tableOf(definition: ResourceDefinition, objects: readonly KubeObject[], options: TableOptions): Table {
  const columns = options.withColumns === false ? [] : definition.columns.map((column) => columnDefinition(column));
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: columns,
    rows: objects.map((object) => rowOf(definition, object, options)),
  };
}

function rowOf(definition: ResourceDefinition, object: KubeObject, options: TableOptions): TableRow {
  const cells = definition.columns.map((column) => column.cell(object, options.nowMs));
  switch (options.includeObject) {
    case 'None':
      return { cells };
    case 'Object':
      return { cells, object };
    case 'Metadata':
      return { cells, object: partialObjectMetadata(object, options.version) };
  }
}

function columnDefinition({ name, type, format, description, priority }: TableColumn): TableColumnDefinition {
  return { name, type, format, description, priority };
}

export interface PartialObjectMetadata extends KubeObject {
  metadata: ObjectMeta;
}

/** Only the metadata of an object, as its own kind. */
export function partialObjectMetadata(object: KubeObject, version: MetaVersion = 'v1'): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata ?? {} };
}

export interface PartialObjectMetadataList {
  readonly kind: 'PartialObjectMetadataList';
  readonly apiVersion: string;
  readonly metadata: ListMetadata;
  readonly items: readonly PartialObjectMetadata[];
}

export function partialObjectMetadataList(
  objects: readonly KubeObject[],
  metadata: ListMetadata,
  version: MetaVersion = 'v1',
): PartialObjectMetadataList {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: objects.map((object) => partialObjectMetadata(object, version)),
  };
}
