// Makes a definition from what is particular to a resource; the rest follows from Kubernetes' conventions.
import type { ResourceDefinition, Strategy, SubresourceDefinition, TableColumn, Verb } from '../definition.ts';
import type { KubeObject } from '../object.ts';
import { typeNameOf } from '../schema/type-names.ts';

/** All verbs of an ordinary resource. */
export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export type ResourceSpec = Pick<ResourceDefinition, 'group' | 'version' | 'plural' | 'kind' | 'namespaced'> &
  Partial<Omit<ResourceDefinition, 'strategy'>> & { readonly strategy?: Partial<Strategy> };

/** A definition with the defaults: all verbs, singular from the kind, columns Name and Age, names as DNS subdomains. */
export function defineResource(spec: ResourceSpec): ResourceDefinition {
  return {
    singular: spec.kind.toLowerCase(),
    listKind: `${spec.kind}List`,
    verbs: ALL_VERBS,
    shortNames: [],
    categories: [],
    subresources: [],
    schema: typeNameOf(spec.group, spec.version, spec.kind),
    columns: [NAME_COLUMN, AGE_COLUMN],
    ...spec,
    strategy: {
      hasGeneration: false,
      nameRule: 'dns1123Subdomain',
      allowUnconditionalUpdate: true,
      allowCreateOnUpdate: false,
      ...spec.strategy,
    },
  };
}

/** `status` of a resource: the same kind, read and changed apart from the rest. */
export function statusOf(group: string, version: string, kind: string): SubresourceDefinition {
  return { name: 'status', verbs: ['get', 'patch', 'update'], kind, group, version };
}

export const SCALE: SubresourceDefinition = {
  name: 'scale',
  verbs: ['get', 'patch', 'update'],
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
};

type Cell = string | number | boolean | null;

/** A column of text; `wide` columns show with `-o wide`. */
export function column<T extends KubeObject>(
  name: string,
  cell: (object: T, nowMs: number) => Cell,
  options: { readonly type?: TableColumn['type']; readonly wide?: true; readonly description?: string } = {},
): TableColumn {
  return {
    name,
    type: options.type ?? 'string',
    format: '',
    description: options.description ?? name,
    priority: options.wide ? 1 : 0,
    // The registry only hands a column objects of its own resource.
    cell: (object, nowMs) => cell(object as T, nowMs),
  };
}

export const NAME_COLUMN: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
  cell: (object) => object.metadata?.name ?? '',
};

export const AGE_COLUMN: TableColumn = column(
  'Age',
  (object, nowMs) => ageOf(object.metadata?.creationTimestamp, nowMs),
  {
    description: 'Time since the object was created.',
  },
);

/** What kinds without columns of their own show instead of an age. */
export const CREATED_AT_COLUMN: TableColumn = column(
  'Created At',
  (object) => object.metadata?.creationTimestamp ?? '<unknown>',
  { type: 'date', description: 'Time at which the object was created.' },
);

/** The age kubectl prints for a timestamp: `5m12s`, `3d4h`, `<unknown>`. */
export function ageOf(timestamp: string | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === '') return '<unknown>';
  return humanDuration(nowMs - Date.parse(timestamp));
}

/** A duration in at most two units, coarser the longer it is. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  if (days < 365 * 8) return pair(years, 'y', days % 365, 'd');
  return `${years}y`;
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}
