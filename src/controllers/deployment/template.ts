// The pod template decides which ReplicaSet a Deployment means: the same template is the same ReplicaSet, whatever the order
// of its keys, and whether unset members are absent or empty. Its hash names the ReplicaSet and marks its pods.
import {
  type Deployment,
  equalJson,
  type PodTemplateSpec,
  type ReplicaSet,
  type Served,
  safeEncode,
} from '../../api/index.ts';
import { fnv1a } from '../shared/hash.ts';
import { controllerReference } from '../shared/owners.ts';

export const TEMPLATE_HASH_LABEL = 'pod-template-hash';

/** A ReplicaSet that is served, or is about to be created. Its name tells it apart within the namespace. */
export type AnyReplicaSet = ReplicaSet & { metadata: NonNullable<ReplicaSet['metadata']> & { name: string } };

/** The label value for a template: deterministic; `collisions` gives another one when two templates hash alike. */
export function templateHash(template: PodTemplateSpec | undefined, collisions: number): string {
  const text = JSON.stringify(canonical(template ?? {})) + (collisions === 0 ? '' : `#${collisions}`);
  return safeEncode(String(fnv1a(text)));
}

/** Whether two templates mean the same, their hash labels aside. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return equalJson(canonical(withoutHash(a)), canonical(withoutHash(b)));
}

/** The ReplicaSet of the Deployment's template: the oldest one, should there be several. */
export function findNewReplicaSet<T extends ReplicaSet>(
  deployment: Deployment,
  replicaSets: readonly T[],
): T | undefined {
  return [...replicaSets].sort(byAge).find(({ spec }) => sameTemplate(spec?.template, deployment.spec?.template));
}

/** The ReplicaSet to create for the Deployment's template. */
export function replicaSetFor(
  deployment: Served<Deployment>,
  replicas: number,
  annotations: Readonly<Record<string, string>>,
): AnyReplicaSet {
  const hash = templateHash(deployment.spec?.template, deployment.status?.collisionCount ?? 0);
  const template = deployment.spec?.template ?? {};
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  const selector = deployment.spec?.selector;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { ...annotations },
      ownerReferences: [controllerReference(deployment, 'apps/v1', 'Deployment')],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Oldest first; among equals by name. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const left = a.metadata?.creationTimestamp ?? '9999';
  const right = b.metadata?.creationTimestamp ?? '9999';
  if (left !== right) return left < right ? -1 : 1;
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [TEMPLATE_HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** The value with sorted keys, and without members that say nothing. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, member]) => !saysNothing(member))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, canonical(member)]));
}

/** `emptyDir: {}` chooses something, so empty objects stay: only null and empty lists are dropped. */
function saysNothing(member: unknown): boolean {
  return member === undefined || member === null || (Array.isArray(member) && member.length === 0);
}
