// The columns of `kubectl get pods`: the status text condenses phase, init containers, container reasons and deletion.
import type { TableColumn } from '../../definition.ts';
import type { ContainerStatus, Pod } from '../../types.ts';
import { AGE_COLUMN, ageOf, column, NAME_COLUMN } from '../define.ts';

export const POD_COLUMNS: readonly TableColumn[] = [
  NAME_COLUMN,
  column<Pod>('Ready', readyText),
  column<Pod>('Status', podStatusText),
  column<Pod>('Restarts', restartsText),
  AGE_COLUMN,
  column<Pod>('IP', ({ status }) => status?.podIP || '<none>', { wide: true }),
  column<Pod>('Node', ({ spec }) => spec?.nodeName || '<none>', { wide: true }),
  column<Pod>('Nominated Node', ({ status }) => status?.nominatedNodeName || '<none>', { wide: true }),
  column<Pod>('Readiness Gates', gatesText, { wide: true }),
];

interface Summary {
  readonly ready: number;
  readonly restarts: number;
  /** When a container last ended to be started again; empty: never. */
  readonly lastEnd: string;
  /** What a container waits for or ended with; undefined: nothing worth telling. */
  readonly reason: string | undefined;
}

const NOTHING: Summary = { ready: 0, restarts: 0, lastEnd: '', reason: undefined };

function plusRestarts(summary: Summary, { restartCount, lastState }: ContainerStatus): Summary {
  const [, lastEnd = ''] = [summary.lastEnd, lastState?.terminated?.finishedAt ?? ''].sort();
  return { ...summary, restarts: summary.restarts + restartCount, lastEnd };
}

function sidecarNames({ spec }: Pod): ReadonlySet<string> {
  return new Set((spec?.initContainers ?? []).flatMap((one) => (one.restartPolicy === 'Always' ? [one.name] : [])));
}

/** The first init container that has not done its work tells what the pod is at; those after it do not count. */
function summaryOf(pod: Pod): Summary {
  const inits = pod.status?.initContainerStatuses ?? [];
  const sidecars = sidecarNames(pod);
  let all = NOTHING;
  let ofSidecars = NOTHING;
  for (const [index, status] of inits.entries()) {
    const isSidecar = sidecars.has(status.name);
    all = plusRestarts(all, status);
    if (isSidecar) ofSidecars = plusRestarts(ofSidecars, status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && status.started === true) {
      if (status.ready) ofSidecars = { ...ofSidecars, ready: ofSidecars.ready + 1 };
      continue;
    }
    const reason = initReason(status, index, pod.spec?.initContainers?.length ?? 0);
    if (holds(pod, 'Initialized')) return withContainers(pod, { ...ofSidecars, reason });
    return { ...all, ready: ofSidecars.ready, reason };
  }
  return withContainers(pod, ofSidecars);
}

function initReason({ state }: ContainerStatus, index: number, count: number): string {
  if (state?.terminated !== undefined) return `Init:${endText(state.terminated)}`;
  const reason = state?.waiting?.reason ?? '';
  return reason !== '' && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${index}/${count}`;
}

function withContainers(pod: Pod, before: Summary): Summary {
  let summary = before;
  let isAnyRunning = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { state, ready } = status;
    summary = plusRestarts(summary, status);
    if (state?.waiting?.reason) summary = { ...summary, reason: state.waiting.reason };
    else if (state?.terminated !== undefined) summary = { ...summary, reason: endText(state.terminated) };
    else if (ready && state?.running !== undefined) {
      isAnyRunning = true;
      summary = { ...summary, ready: summary.ready + 1 };
    }
  }
  if (summary.reason !== 'Completed' || !isAnyRunning) return summary;
  return { ...summary, reason: holds(pod, 'Ready') ? 'Running' : 'NotReady' };
}

function endText({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function holds({ status }: Pod, condition: string): boolean {
  return status?.conditions?.some((one) => one.type === condition && one.status === 'True') === true;
}

function readyText(pod: Pod): string {
  return `${summaryOf(pod).ready}/${(pod.spec?.containers?.length ?? 0) + sidecarNames(pod).size}`;
}

/** `Running`, `Init:1/2`, `CrashLoopBackOff`, `Terminating` … */
export function podStatusText(pod: Pod): string {
  const { status, metadata } = pod;
  const phase = status?.phase ?? '';
  if (metadata?.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') return 'Unknown';
    if (phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  }
  const isGated = status?.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  return summaryOf(pod).reason ?? (isGated === true ? 'SchedulingGated' : status?.reason || phase);
}

function restartsText(pod: Pod, nowMs: number): string {
  const { restarts, lastEnd } = summaryOf(pod);
  return restarts === 0 || lastEnd === '' ? String(restarts) : `${restarts} (${ageOf(lastEnd, nowMs)} ago)`;
}

function gatesText({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const held = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'),
  );
  return `${held.length}/${gates.length}`;
}
