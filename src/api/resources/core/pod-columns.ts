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

function isSidecar(pod: Pod, name: string): boolean {
  return (
    pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === 'Always') ??
    false
  );
}

function readyText(pod: Pod): string {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').length;
  const total = (pod.spec?.containers?.length ?? 0) + sidecars;
  const ready =
    (pod.status?.containerStatuses ?? []).filter((status) => status.ready && status.state?.running !== undefined)
      .length +
    (pod.status?.initContainerStatuses ?? []).filter(
      (status) => isSidecar(pod, status.name) && status.ready && status.started === true,
    ).length;
  return `${ready}/${total}`;
}

/** `Running`, `Init:1/2`, `CrashLoopBackOff`, `Terminating` … */
export function podStatusText(pod: Pod): string {
  const { status, metadata } = pod;
  let text = status?.reason || status?.phase || 'Unknown';
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') text = 'SchedulingGated';
  const initialising = initText(pod);
  text = initialising ?? containersText(pod, text);
  if (metadata?.deletionTimestamp === undefined) return text;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? text : 'Terminating';
}

function initText(pod: Pod): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, { name, state, started, ready }] of statuses.entries()) {
    if (state?.terminated?.exitCode === 0) continue;
    if (isSidecar(pod, name) && started === true && (ready || state?.running !== undefined)) continue;
    if (state?.terminated !== undefined) return `Init:${endText(state.terminated)}`;
    const reason = state?.waiting?.reason ?? '';
    if (reason !== '' && reason !== 'PodInitializing') return `Init:${reason}`;
    return `Init:${index}/${pod.spec?.initContainers?.length ?? statuses.length}`;
  }
  return undefined;
}

function endText({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function containersText(pod: Pod, initial: string): string {
  let text = initial;
  let running = false;
  for (const { state, ready } of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) text = state.waiting.reason;
    else if (state?.terminated !== undefined) text = endText(state.terminated);
    else if (ready && state?.running !== undefined) running = true;
  }
  if (text !== 'Completed' || !running) return text;
  const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  return isReady ? 'Running' : 'NotReady';
}

function restartsText(pod: Pod, nowMs: number): string {
  const initialising = initText(pod) !== undefined;
  const inits = pod.status?.initContainerStatuses ?? [];
  const counted: ContainerStatus[] = initialising
    ? inits
    : [...(pod.status?.containerStatuses ?? []), ...inits.filter(({ name }) => isSidecar(pod, name))];
  let restarts = 0;
  let last = '';
  for (const { restartCount, lastState } of counted) {
    restarts += restartCount;
    const finished = lastState?.terminated?.finishedAt ?? '';
    if (finished > last) last = finished;
  }
  return restarts === 0 || last === '' ? String(restarts) : `${restarts} (${ageOf(last, nowMs)} ago)`;
}

function gatesText({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const held = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'),
  );
  return `${held.length}/${gates.length}`;
}
