// The status of one container, from what the runtime has and what the kubelet knows. Pure.
import type { ContainerState, ContainerStatus } from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import type { ProbeVerdict } from '../probes/state.ts';
import type { ContainerRecord, PodIdentity } from '../runtime/port.ts';
import { type ContainerRole, podTitle } from './spec.ts';

export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

export interface ContainerStatusInput {
  readonly pod: PodIdentity;
  readonly name: string;
  readonly role: ContainerRole;
  readonly image: string;
  /** `docker`, `simulated`: before `://` in a containerID. */
  readonly runtimeName: string;
  /** Records of this name, newest first. */
  readonly records: readonly ContainerRecord[];
  /** The newest record belongs to a sandbox that is gone. */
  readonly outdated: boolean;
  readonly verdict: ProbeVerdict;
  /** Why it cannot be started now, if a try failed. */
  readonly waiting: Waiting | undefined;
  readonly backingOffMs: number | undefined;
  /** Nothing will be started any more. */
  readonly ending: boolean;
  /** The reason that a container waits with before anything was tried. */
  readonly defaultReason: string;
  /** Termination messages by container id. */
  readonly messages: ReadonlyMap<string, string>;
  readonly previous: ContainerStatus | undefined;
}

export function containerStatus(input: ContainerStatusInput): ContainerStatus {
  const [newest, older] = input.records;
  const present = newest !== undefined && newest.state !== 'created' && !(input.outdated && !input.ending);
  const state = stateOf(input, newest, present);
  const last = state.waiting === undefined ? older : newest?.state === 'created' ? older : newest;
  const running = state.running !== undefined;
  const done = input.role === 'init' && state.terminated?.exitCode === 0;
  const status: ContainerStatus = {
    name: input.name,
    state,
    lastState: last?.state === 'exited' ? { terminated: terminated(input, last) } : (input.previous?.lastState ?? {}),
    ready: done || (running && input.verdict.ready && input.role !== 'init'),
    restartCount: newest?.attempt ?? input.previous?.restartCount ?? 0,
    image: input.image,
    imageID: newest?.imageId ?? input.previous?.imageID ?? '',
    started: running && input.verdict.started,
  };
  const id = newest === undefined || newest.state === 'created' ? older?.id : newest.id;
  if (id !== undefined) status.containerID = `${input.runtimeName}://${id}`;
  else if (input.previous?.containerID !== undefined) status.containerID = input.previous.containerID;
  return status;
}

function stateOf(input: ContainerStatusInput, newest: ContainerRecord | undefined, present: boolean): ContainerState {
  if (present && newest?.state === 'running') return { running: { startedAt: rfc3339(newest.startedAtMs) } };
  if (input.ending) {
    if (newest?.state === 'exited') return { terminated: terminated(input, newest) };
    return input.previous?.state?.terminated === undefined
      ? { terminated: neverSeen(input) }
      : { terminated: input.previous.state.terminated };
  }
  if (input.waiting !== undefined) {
    const { reason, message } = input.waiting;
    return { waiting: { reason, message } };
  }
  if (present && newest !== undefined) {
    if (input.backingOffMs === undefined) return { terminated: terminated(input, newest) };
    const title = `restarting failed container=${input.name} pod=${podTitle(input.pod)}`;
    return { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${delayText(input.backingOffMs)} ${title}` } };
  }
  return { waiting: { reason: input.defaultReason } };
}

function terminated(input: ContainerStatusInput, record: ContainerRecord): NonNullable<ContainerState['terminated']> {
  const neverRan = record.startedAtMs === 0;
  const reason = record.oomKilled
    ? 'OOMKilled'
    : neverRan
      ? 'StartError'
      : record.exitCode === 0
        ? 'Completed'
        : 'Error';
  const message = neverRan ? record.error : (input.messages.get(record.id) ?? '');
  return {
    exitCode: record.exitCode,
    reason,
    ...(message === '' ? {} : { message }),
    startedAt: rfc3339(record.startedAtMs),
    finishedAt: rfc3339(record.finishedAtMs),
    containerID: `${input.runtimeName}://${record.id}`,
  };
}

/** The pod ends and the runtime has no trace of the container: it never ran, or it was removed behind our back. */
function neverSeen(input: ContainerStatusInput): NonNullable<ContainerState['terminated']> {
  if (input.previous?.containerID === undefined) {
    return {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
    };
  }
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was deleted.  The container used to be Running',
    containerID: input.previous.containerID,
  };
}

/** As Go prints a duration: 10s, 1m20s, 5m0s. */
function delayText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
