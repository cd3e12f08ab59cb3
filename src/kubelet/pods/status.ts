// The status of a pod: phase, conditions, container statuses, addresses. Pure: a function of spec, runtime and time,
// and of the status before, which says when conditions changed. A terminal phase never changes again.
import {
  type ContainerStatus,
  type Pod,
  type PodCondition,
  type PodStatus,
  qosClassOf,
  type Served,
} from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import { PASSED, type ProbeVerdict } from '../probes/state.ts';
import type { RuntimePod } from '../runtime/port.ts';
import { containerStatus, type Waiting } from './container-status.ts';
import { currentRecords, type Ending, isInitialized, type Plan } from './plan.ts';
import {
  allContainers,
  identityOf,
  initContainers,
  isTerminalPhase,
  type RoledContainer,
  restartPolicyOf,
  restartsAfter,
} from './spec.ts';

export interface StatusInput {
  readonly pod: Served<Pod>;
  /** The status as last written. */
  readonly previous: PodStatus;
  readonly runtime: RuntimePod;
  readonly runtimeName: string;
  readonly verdicts: ReadonlyMap<string, ProbeVerdict>;
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly messages: ReadonlyMap<string, string>;
  readonly plan: Plan;
  readonly ending: Ending;
  readonly nodeAddress: string;
  /** When this kubelet first saw the pod. */
  readonly seenAtMs: number;
  readonly nowMs: number;
}

export function podStatus(input: StatusInput): PodStatus {
  const { pod, previous, plan } = input;
  const init = initContainers(pod).map((roled) => statusOf(input, roled));
  const apps = allContainers(pod)
    .filter(({ role }) => role === 'app')
    .map((roled) => statusOf(input, roled));
  const phase = phaseOf(input, init, apps);
  const hostNetwork = pod.spec?.hostNetwork === true;
  const sandbox = input.runtime.sandboxes.find(({ ready }) => ready);
  const ip = hostNetwork ? input.nodeAddress : (sandbox?.ip ?? (plan.ended ? undefined : previous.podIP));
  const keptIp = ip ?? previous.podIP;
  const status: PodStatus = {
    phase,
    conditions: conditionsOf(input, phase, init, apps, sandbox !== undefined),
    hostIP: input.nodeAddress,
    hostIPs: [{ ip: input.nodeAddress }],
    ...(keptIp === undefined || keptIp === '' ? {} : { podIP: keptIp, podIPs: [{ ip: keptIp }] }),
    startTime: previous.startTime ?? rfc3339(input.seenAtMs),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: apps,
    qosClass: previous.qosClass ?? qosClassOf(pod.spec),
  };
  if (input.ending.kind === 'failed') {
    status.reason = input.ending.reason;
    status.message = input.ending.message;
  } else if (isTerminalPhase(previous.phase)) {
    if (previous.reason !== undefined) status.reason = previous.reason;
    if (previous.message !== undefined) status.message = previous.message;
  }
  return status;
}

function statusOf(input: StatusInput, { role, container }: RoledContainer): ContainerStatus {
  const { name } = container;
  const records = input.runtime.containers.filter((record) => record.name === name);
  const current = currentRecords(input.runtime);
  const lists = [...(input.previous.containerStatuses ?? []), ...(input.previous.initContainerStatuses ?? [])];
  const previous = lists.find((candidate) => candidate.name === name);
  const [newest] = records;
  const final =
    newest?.state === 'exited' &&
    !restartsAfter(restartPolicyOf(input.pod), role, newest.exitCode) &&
    (role !== 'init' || newest.exitCode === 0 || restartPolicyOf(input.pod) === 'Never');
  return containerStatus({
    pod: identityOf(input.pod),
    name,
    role,
    image: container.image ?? '',
    runtimeName: input.runtimeName,
    records,
    outdated: newest !== undefined && !current.includes(newest) && !final,
    verdict: newest === undefined ? PASSED : (input.verdicts.get(newest.id) ?? PASSED),
    waiting: input.waiting.get(name),
    backingOffMs: input.plan.backingOff.get(name)?.delayMs,
    ending: input.plan.ended,
    defaultReason: (input.pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating',
    messages: input.messages,
    previous,
  });
}

function phaseOf(input: StatusInput, init: readonly ContainerStatus[], apps: readonly ContainerStatus[]): string {
  const before = input.previous.phase;
  if (isTerminalPhase(before) && before !== undefined) return before;
  if (input.ending.kind === 'failed') return 'Failed';
  if (input.plan.ended) return endedPhase(init, apps);
  if (!isInitialized(input)) return 'Pending';
  const policy = restartPolicyOf(input.pod);
  let waiting = 0;
  let running = 0;
  let stopped = 0;
  let succeeded = 0;
  for (const { state, lastState } of apps) {
    if (state?.running !== undefined) running += 1;
    else if (state?.terminated !== undefined || lastState?.terminated !== undefined) {
      stopped += 1;
      if (state?.terminated?.exitCode === 0) succeeded += 1;
    } else waiting += 1;
  }
  if (waiting > 0) return 'Pending';
  if (running > 0 || policy === 'Always') return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

/** A pod whose containers have all ended has succeeded when none of them failed, and all of them ran. */
function endedPhase(init: readonly ContainerStatus[], apps: readonly ContainerStatus[]): string {
  const failed = (status: ContainerStatus): boolean => status.state?.terminated?.exitCode !== 0;
  const initFailed = init.some((status) => status.state?.terminated !== undefined && failed(status) && !status.ready);
  const appFailed = apps.some(failed);
  return appFailed || (initFailed && apps.some((status) => status.containerID === undefined)) ? 'Failed' : 'Succeeded';
}

type Verdict = { readonly ok: boolean; readonly reason?: string; readonly message?: string };

function conditionsOf(
  input: StatusInput,
  phase: string,
  init: readonly ContainerStatus[],
  apps: readonly ContainerStatus[],
  sandboxReady: boolean,
): PodCondition[] {
  const completed = phase === 'Succeeded';
  const initialized = initializedVerdict(input, completed, init);
  const containers = containersVerdict(phase, [...sidecarsOf(input.pod, init), ...apps]);
  const verdicts: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { ok: sandboxReady }],
    ['Initialized', initialized],
    ['Ready', readyVerdict(input, containers)],
    ['ContainersReady', containers],
    ['PodScheduled', { ok: true }],
  ];
  const now = rfc3339(input.nowMs);
  const own = verdicts.map(([type, verdict]): PodCondition => {
    const status = verdict.ok ? 'True' : 'False';
    const before = input.previous.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      ...(verdict.message === undefined ? {} : { message: verdict.message }),
    };
  });
  const names = new Set(own.map(({ type }) => type));
  return [...own, ...(input.previous.conditions ?? []).filter(({ type }) => !names.has(type))];
}

function sidecarsOf(pod: Pod, init: readonly ContainerStatus[]): readonly ContainerStatus[] {
  const names = new Set(
    initContainers(pod)
      .filter(({ role }) => role === 'sidecar')
      .map(({ container }) => container.name),
  );
  return init.filter(({ name }) => names.has(name));
}

function initializedVerdict(input: StatusInput, completed: boolean, init: readonly ContainerStatus[]): Verdict {
  if (completed) return { ok: true, reason: 'PodCompleted' };
  if (init.length === 0 || isInitialized(input)) return { ok: true };
  const incomplete = init.filter(({ ready, started }) => !ready && started !== true).map(({ name }) => name);
  if (incomplete.length === 0) return { ok: true };
  return {
    ok: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function containersVerdict(phase: string, statuses: readonly ContainerStatus[]): Verdict {
  if (phase === 'Succeeded') return { ok: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { ok: false, reason: 'PodFailed' };
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { ok: true };
  return {
    ok: false,
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyVerdict(input: StatusInput, containers: Verdict): Verdict {
  if (!containers.ok) return containers;
  const closed = (input.pod.spec?.readinessGates ?? []).filter(({ conditionType }) => {
    const condition = input.pod.status?.conditions?.find(({ type }) => type === conditionType);
    return condition?.status !== 'True';
  });
  if (closed.length === 0) return { ok: true };
  const texts = closed.map(({ conditionType }) => `corresponding condition of pod readiness gate "${conditionType}"`);
  return { ok: false, reason: 'ReadinessGatesNotReady', message: `${texts.join(', ')} does not exist or is not True.` };
}
