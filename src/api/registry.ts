// Which resources there are. Everything generic (routes, discovery, OpenAPI, tables) asks the registry; adding a
// resource is adding its definition to resources/index.ts.
import type { ResourceDefinition } from './definition.ts';
import { RESOURCES } from './resources/index.ts';

/** An API group with its versions, the preferred one first. */
export interface ApiGroup {
  readonly name: string;
  readonly versions: readonly string[];
}

export interface ApiRegistry {
  all(): readonly ResourceDefinition[];
  find(group: string, version: string, plural: string): ResourceDefinition | undefined;
  findKind(group: string, version: string, kind: string): ResourceDefinition | undefined;
  /** In the order of discovery: the core group (name '') first. */
  groups(): readonly ApiGroup[];
}

/** A registry of the built-in resources, or of `definitions`. */
export function createApiRegistry(definitions: readonly ResourceDefinition[] = RESOURCES): ApiRegistry {
  const byPlural = new Map<string, ResourceDefinition>();
  const byKind = new Map<string, ResourceDefinition>();
  const versions = new Map<string, string[]>();
  for (const definition of definitions) {
    byPlural.set(`${definition.group}/${definition.version}/${definition.plural}`, definition);
    byKind.set(`${definition.group}/${definition.version}/${definition.kind}`, definition);
    const known = versions.get(definition.group) ?? [];
    if (!known.includes(definition.version)) known.push(definition.version);
    versions.set(definition.group, known);
  }
  const groups = [...versions].map(([name, list]): ApiGroup => ({ name, versions: list }));
  return {
    all: () => definitions,
    find: (group, version, plural) => byPlural.get(`${group}/${version}/${plural}`),
    findKind: (group, version, kind) => byKind.get(`${group}/${version}/${kind}`),
    groups: () => groups,
  };
}

/** `v1` or `apps/v1`. */
export function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The other way round: `apps/v1` is group apps, version v1; undefined when there is more than one slash. */
export function parseGroupVersion(text: string): { group: string; version: string } | undefined {
  const parts = text.split('/');
  if (parts.length === 1) return { group: '', version: text };
  const [group, version] = parts;
  if (parts.length !== 2 || group === undefined || version === undefined) return undefined;
  return { group, version };
}
