// Small readings of a pod's spec that several files share.
import type { Container, Pod, Served } from '../../api/index.ts';
import { DEFAULT_GRACE_SECONDS } from '../limits.ts';
import type { PodIdentity } from '../runtime/port.ts';

export type ContainerRole = 'init' | 'sidecar' | 'app';

export interface RoledContainer {
  readonly role: ContainerRole;
  readonly container: Container;
}

export function identityOf(pod: Served<Pod>): PodIdentity {
  return { uid: pod.metadata.uid, namespace: pod.metadata.namespace ?? '', name: pod.metadata.name };
}

/** An init container that restarts always starts before the app containers and runs beside them. */
export function initContainers(pod: Pod): readonly RoledContainer[] {
  return (pod.spec?.initContainers ?? []).map((container) => ({
    role: container.restartPolicy === 'Always' ? 'sidecar' : 'init',
    container,
  }));
}

export function appContainers(pod: Pod): readonly Container[] {
  return pod.spec?.containers ?? [];
}

export function allContainers(pod: Pod): readonly RoledContainer[] {
  return [...initContainers(pod), ...appContainers(pod).map((container) => ({ role: 'app' as const, container }))];
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export function restartPolicyOf(pod: Pod): RestartPolicy {
  const policy = pod.spec?.restartPolicy;
  return policy === 'OnFailure' || policy === 'Never' ? policy : 'Always';
}

/** Whether a container that ended is started again. */
export function restartsAfter(policy: RestartPolicy, role: ContainerRole, exitCode: number): boolean {
  if (role === 'sidecar') return true;
  if (role === 'init') return exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** The grace of a deletion that was asked for, or else the pod's own. */
export function graceSecondsOf(pod: Pod): number {
  return pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** As events and messages name a pod: `name_namespace(uid)`. */
export function podTitle({ name, namespace, uid }: PodIdentity): string {
  return `${name}_${namespace}(${uid})`;
}
