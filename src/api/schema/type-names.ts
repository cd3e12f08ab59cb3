// From class names of the published models to public OpenAPI names: V1Pod is io.k8s.api.core.v1.Pod, EventsV1Event is
// io.k8s.api.events.v1.Event. How: (1) the class of a served kind is found by its group, version and kind, with or
// without the group as prefix (the generator adds it where two groups have the name); (2) types are then named by who
// uses them, packages in the order meta, core, others: core types use only core and meta types, all others may use both,
// so the first package that reaches a class owns it; (3) the class's prefix, where it has one, decides.

/** The classes of meta/v1 that others use; what these reach is meta/v1 too. */
export const META_SEEDS: readonly string[] = [
  'V1ObjectMeta',
  'V1ListMeta',
  'V1LabelSelector',
  'V1Status',
  'V1DeleteOptions',
  'V1Condition',
  'V1FieldSelectorRequirement',
  'V1GroupResource',
];
export const META_PACKAGE = 'io.k8s.apimachinery.pkg.apis.meta';

const PACKAGES: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'internal.apiserver.k8s.io': 'io.k8s.api.apiserverinternal',
};

/** The package of a group: `io.k8s.api.apps` for apps, `io.k8s.api.coordination` for coordination.k8s.io. */
export function packageOfGroup(group: string): string {
  return PACKAGES[group] ?? `io.k8s.api.${group.split('.')[0] ?? ''}`;
}

/** `io.k8s.api.core.v1.Pod`: what a definition's `schema` says. */
export function typeNameOf(group: string, version: string, kind: string): string {
  return `${packageOfGroup(group)}.${version}.${kind}`;
}

/** The same type in v1: `io.k8s.api.resource.v1.Device` for v1beta2's. */
export function stableName(typeName: string): string {
  return typeName.replace(/\.v1(?:alpha|beta)\d+\.(?=[^.]+$)/, '.v1.');
}

/** The class names that may stand for a kind, the more specific first. */
export function classCandidates(typeName: string): readonly string[] {
  const parts = typeName.split('.');
  const kind = parts.at(-1) ?? '';
  const version = capitalize(parts.at(-2) ?? '');
  const group = capitalize(parts.at(-3) ?? '');
  return [`${group}${version}${kind}`, `${version}${kind}`];
}

/** The name of `className` when a type of `ownerPackage` is the first to use it. */
export function typeNameOfClass(className: string, ownerPackage: string): string {
  const match = /^(?<group>[A-Z][a-z]+)??V(?<version>\d+(?:(?:alpha|beta)\d+)?)(?<kind>[A-Z].*)$/.exec(className);
  const { group, version = '', kind = '' } = match?.groups ?? {};
  const owner = group === undefined ? ownerPackage : `io.k8s.api.${group.toLowerCase()}`;
  return `${owner}.v${version}.${kind}`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
