// Discovery documents from the registry: the legacy ones, one per group version, and the aggregated ones that newer
// clients read in two requests.
import type { ResourceDefinition, SubresourceDefinition } from './definition.ts';
import { type ApiRegistry, groupVersion } from './registry.ts';

interface GroupVersionEntry {
  readonly groupVersion: string;
  readonly version: string;
}

export interface ApiGroupDocument {
  readonly kind?: 'APIGroup';
  readonly apiVersion?: 'v1';
  readonly name: string;
  readonly versions: readonly GroupVersionEntry[];
  readonly preferredVersion: GroupVersionEntry;
}

/** GET /api. `serverAddress` is host:port, as clients reach it. */
export function apiVersionsDocument(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** GET /apis. */
export function apiGroupListDocument(registry: ApiRegistry): object {
  const groups = registry.groups().filter(({ name }) => name !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map(({ name, versions }) => groupEntry(name, versions)),
  };
}

/** GET /apis/GROUP; undefined when there is no such group. */
export function apiGroupDocument(registry: ApiRegistry, group: string): ApiGroupDocument | undefined {
  const found = registry.groups().find(({ name }) => name === group && name !== '');
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(found.name, found.versions) };
}

function groupEntry(name: string, versions: readonly string[]): ApiGroupDocument {
  const entries = versions.map((version) => ({ groupVersion: groupVersion(name, version), version }));
  return { name, versions: entries, preferredVersion: entries[0] ?? { groupVersion: name, version: '' } };
}

/** GET /api/v1 or /apis/GROUP/VERSION; undefined when there is no such version. */
export function apiResourceListDocument(registry: ApiRegistry, group: string, version: string): object | undefined {
  const definitions = registry.all().filter((one) => one.group === group && one.version === version);
  if (definitions.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(group, version),
    resources: definitions.flatMap((definition) => [
      resourceEntry(definition),
      ...definition.subresources.map((sub) => subresourceEntry(definition, sub)),
    ]),
  };
}

function resourceEntry(definition: ResourceDefinition): object {
  return {
    name: definition.plural,
    singularName: definition.singular,
    namespaced: definition.namespaced,
    kind: definition.kind,
    verbs: definition.verbs,
    ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
    ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
  };
}

function subresourceEntry(definition: ResourceDefinition, sub: SubresourceDefinition): object {
  const foreign = sub.group !== definition.group || sub.version !== definition.version;
  return {
    name: `${definition.plural}/${sub.name}`,
    singularName: '',
    namespaced: definition.namespaced,
    ...(foreign ? { group: sub.group, version: sub.version } : {}),
    kind: sub.kind,
    verbs: sub.verbs,
  };
}

export type AggregatedVersion = 'v2' | 'v2beta1';

/** The media type under which a document of `version` is asked for and answered. */
export function aggregatedMediaType(version: AggregatedVersion): string {
  return `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
}

/** GET /api (`root` api: the core group) or /apis (all others) in the aggregated form. */
export function aggregatedDiscoveryDocument(
  registry: ApiRegistry,
  root: 'api' | 'apis',
  version: AggregatedVersion,
): object {
  const groups = registry.groups().filter(({ name }) => (name === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: { name, creationTimestamp: null },
      versions: versions.map((one) => ({
        version: one,
        resources: registry
          .all()
          .filter((definition) => definition.group === name && definition.version === one)
          .map((definition) => aggregatedResource(definition)),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(definition: ResourceDefinition): object {
  const { group, version, kind } = definition;
  return {
    resource: definition.plural,
    responseKind: { group, version, kind },
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: definition.verbs,
    ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
    ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
    ...(definition.subresources.length === 0
      ? {}
      : {
          subresources: definition.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }),
  };
}
