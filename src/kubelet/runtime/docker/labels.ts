// The labels that mark a container as one of ours, and nobody else's: the adapter touches nothing without them.
import type { PodIdentity } from '../port.ts';

export const CLUSTER_LABEL = 'io.quorate.cluster';
export const NODE_LABEL = 'io.quorate.node';
export const KIND_LABEL = 'io.quorate.kind';
export const POD_UID_LABEL = 'io.quorate.pod.uid';
export const POD_NAME_LABEL = 'io.quorate.pod.name';
export const POD_NAMESPACE_LABEL = 'io.quorate.pod.namespace';
export const CONTAINER_LABEL = 'io.quorate.container';
export const ATTEMPT_LABEL = 'io.quorate.attempt';
const NOTE_PREFIX = 'io.quorate.note.';

export interface Owner {
  readonly cluster: string;
  readonly node: string;
}

export function ownerFilter(owner: Owner): string[] {
  return [`${CLUSTER_LABEL}=${owner.cluster}`, `${NODE_LABEL}=${owner.node}`];
}

export function labelsOf(
  owner: Owner,
  kind: 'sandbox' | 'container' | 'check',
  pod: PodIdentity,
  attempt: number,
): Record<string, string> {
  return {
    [CLUSTER_LABEL]: owner.cluster,
    [NODE_LABEL]: owner.node,
    [KIND_LABEL]: kind,
    [POD_UID_LABEL]: pod.uid,
    [POD_NAME_LABEL]: pod.name,
    [POD_NAMESPACE_LABEL]: pod.namespace,
    [ATTEMPT_LABEL]: String(attempt),
  };
}

export function podOf(labels: Readonly<Record<string, string>>): PodIdentity {
  return {
    uid: labels[POD_UID_LABEL] ?? '',
    name: labels[POD_NAME_LABEL] ?? '',
    namespace: labels[POD_NAMESPACE_LABEL] ?? '',
  };
}

export function noteLabels(notes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(notes).map(([key, value]) => [`${NOTE_PREFIX}${key}`, value]));
}

export function notesOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) =>
      key.startsWith(NOTE_PREFIX) ? [[key.slice(NOTE_PREFIX.length), value]] : [],
    ),
  );
}

/** Readable in `docker ps`, and unique in the daemon by the uid. */
export function containerName(container: string, pod: PodIdentity, attempt: number): string {
  return `quorate_${container}_${pod.name}_${pod.namespace}_${pod.uid}_${attempt}`;
}
