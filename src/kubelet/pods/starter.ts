// Starts one container: volumes, image, environment, mounts, create, start, postStart hook. Each step that fails says so
// in the container's waiting state (StepError) and in an event.
import type { Container, Pod, Served } from '../../api/index.ts';
import { messageOf } from '../../lib/index.ts';
import type { ContainerSecurity, ContainerSpec, RuntimePod } from '../runtime/port.ts';
import { stillThere } from '../volumes/subpath.ts';
import { eventsOf } from './container-events.ts';
import type { DownwardFacts } from './downward.ts';
import { environmentOf, expand } from './environment.ts';
import { runHook } from './hooks.ts';
import { ConfigError } from './objects.ts';
import { type KubeletParts, StepError } from './parts.ts';
import { runtimeResources } from './resources.ts';
import { graceSecondsOf, identityOf } from './spec.ts';

export interface StartOrder {
  readonly pod: Served<Pod>;
  readonly container: Container;
  readonly attempt: number;
  readonly runtime: RuntimePod;
  readonly signal: AbortSignal;
}

/** Throws StepError. */
export async function startContainer(parts: KubeletParts, order: StartOrder): Promise<void> {
  const { pod, container } = order;
  const sandbox = order.runtime.sandboxes[0];
  if (sandbox === undefined) throw new StepError('ContainerCreating', 'the pod has no sandbox');
  const tell = eventsOf(parts.events, pod, container.name);
  const facts = factsOf(parts, pod, sandbox.ip);
  await mountVolumes(parts, facts);
  const image = await parts.images.ensure(pod, container, order.signal);
  const prepared = await prepare(parts, order, facts, image.user).catch((error: unknown) => {
    const message = messageOf(error);
    if (error instanceof ConfigError) tell('Warning', 'Failed', `Error: ${message}`);
    throw new StepError('CreateContainerConfigError', message, error);
  });
  const failed = (reason: string) => (error: unknown) => {
    const message = messageOf(error);
    tell('Warning', 'Failed', `Error: ${message}`);
    throw new StepError(reason, message, error);
  };
  const id = await parts.runtime.createContainer(sandbox.id, prepared.spec).catch(failed('CreateContainerError'));
  tell('Normal', 'Created', `Created container: ${container.name}`);
  await parts.runtime.startContainer(id).catch(failed('RunContainerError'));
  for (const subPath of prepared.subPaths) {
    if (await stillThere(subPath)) continue;
    await parts.runtime.stopContainer(id, 0);
    failed('CreateContainerConfigError')(new Error(`a subPath of container ${container.name} was replaced meanwhile`));
  }
  tell('Normal', 'Started', `Started container ${container.name}`);
  await postStart(parts, order, id, facts.podIp);
}

export function factsOf(parts: KubeletParts, pod: Served<Pod>, podIp: string | undefined): DownwardFacts {
  const ip = podIp ?? (pod.spec?.hostNetwork === true ? parts.nodeAddress : '');
  return { pod, podIp: ip, hostIp: parts.nodeAddress, allocatable: parts.allocatable };
}

async function mountVolumes(parts: KubeletParts, facts: DownwardFacts): Promise<void> {
  try {
    await parts.volumes.setUp(facts);
  } catch (error) {
    parts.events.event(facts.pod, 'Warning', 'FailedMount', messageOf(error));
    const waiting = (facts.pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
    throw new StepError(waiting, messageOf(error), error);
  }
}

async function prepare(parts: KubeletParts, order: StartOrder, facts: DownwardFacts, imageUser: string) {
  const { pod, container, attempt } = order;
  const environment = await environmentOf({
    container,
    facts,
    objects: parts.objects,
    services: parts.services(pod.metadata.namespace ?? ''),
    api: parts.api,
  });
  const { mounts, subPaths } = await parts.volumes.mounts(pod, container, environment);
  const lastWords = await parts.volumes.terminationFile(pod.metadata.uid, container.name, attempt);
  const expanded = (text: string): string => expand(text, (name) => environment.get(name));
  const spec: ContainerSpec = {
    pod: identityOf(pod),
    name: container.name,
    attempt,
    image: container.image ?? '',
    command: (container.command ?? []).map(expanded),
    args: (container.args ?? []).map(expanded),
    workingDir: container.workingDir,
    env: [...environment].map(([name, value]) => ({ name, value })),
    mounts: [
      ...mounts,
      {
        hostPath: lastWords,
        containerPath: container.terminationMessagePath ?? '/dev/termination-log',
        readOnly: false,
      },
    ],
    resources: runtimeResources(pod, container, parts.nodeMemoryBytes),
    security: securityOf(pod, container, imageUser),
    stdin: container.stdin === true,
    tty: container.tty === true,
    sharePids: pod.spec?.hostPID === true ? 'host' : pod.spec?.shareProcessNamespace === true ? 'pod' : 'own',
    notes: { image: container.image ?? '', lastWords },
  };
  return { spec, subPaths };
}

/** The container's own settings win over the pod's. Throws ConfigError when it would run as root and must not. */
export function securityOf(pod: Pod, container: Container, imageUser: string): ContainerSecurity {
  const shared = pod.spec?.securityContext;
  const own = container.securityContext;
  const uid = own?.runAsUser ?? shared?.runAsUser;
  const gid = own?.runAsGroup ?? shared?.runAsGroup;
  const mustNotBeRoot = own?.runAsNonRoot ?? shared?.runAsNonRoot;
  if (mustNotBeRoot === true) {
    const imageName = imageUser.split(':')[0] ?? '';
    if (uid === 0) throw new ConfigError("container's runAsUser breaks non-root policy");
    if (uid === undefined && (imageName === '' || imageName === '0' || imageName === 'root')) {
      throw new ConfigError('container has runAsNonRoot and image will run as root');
    }
    if (uid === undefined && !/^\d+$/.test(imageName)) {
      throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${imageName})`);
    }
  }
  const groups = [...(shared?.supplementalGroups ?? []), ...(shared?.fsGroup === undefined ? [] : [shared.fsGroup])];
  const seccomp = own?.seccompProfile ?? shared?.seccompProfile;
  return {
    user:
      uid === undefined ? (gid === undefined ? undefined : `0:${gid}`) : gid === undefined ? `${uid}` : `${uid}:${gid}`,
    supplementalGroups: groups.map(String),
    privileged: own?.privileged === true,
    readOnlyRootFilesystem: own?.readOnlyRootFilesystem === true,
    noNewPrivileges: own?.allowPrivilegeEscalation === false,
    capabilitiesAdd: own?.capabilities?.add ?? [],
    capabilitiesDrop: own?.capabilities?.drop ?? [],
    seccompUnconfined: seccomp?.type === 'Unconfined',
  };
}

async function postStart(parts: KubeletParts, order: StartOrder, id: string, podIp: string): Promise<void> {
  const { pod, container } = order;
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return;
  const problem = await runHook(parts, { pod, container, id, podIp }, hook, order.signal);
  if (problem === undefined || order.signal.aborted) return;
  const tell = eventsOf(parts.events, pod, container.name);
  tell('Warning', 'FailedPostStartHook', `PostStartHook failed: ${problem}`);
  tell('Normal', 'Killing', `FailedPostStartHook: stopping container ${container.name}`);
  await parts.runtime.stopContainer(id, graceSecondsOf(pod));
}
