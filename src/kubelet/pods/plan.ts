// What is to be done for a pod now: a pure function of its spec, of what the runtime has, of probe results and the time.
// It is asked again after each change; actions are small, so that a wrong turn of the world is seen before the next one.
import type { Pod, Served } from '../../api/index.ts';
import { CRASH_BACKOFF_FIRST_MS, CRASH_BACKOFF_LIMIT_MS, CRASH_BACKOFF_RESET_MS } from '../limits.ts';
import { PASSED, type ProbeVerdict } from '../probes/state.ts';
import type { ContainerRecord, RuntimePod, SandboxState } from '../runtime/port.ts';
import { type BackOff, type BackOffRule, waitsUntil } from './backoff.ts';
import {
  allContainers,
  appContainers,
  type ContainerRole,
  graceSecondsOf,
  initContainers,
  isTerminalPhase,
  type RoledContainer,
  restartPolicyOf,
  restartsAfter,
} from './spec.ts';

export const CRASH_RULE: BackOffRule = {
  firstMs: CRASH_BACKOFF_FIRST_MS,
  limitMs: CRASH_BACKOFF_LIMIT_MS,
  resetMs: CRASH_BACKOFF_RESET_MS,
};

/** How far the pod's life is decided from outside of its containers. */
export type Ending =
  | { readonly kind: 'none' }
  /** Deleted, by the API or because its object is gone. */
  | { readonly kind: 'deleted' }
  /** Ended by the kubelet: Failed with this reason. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

export interface PlanInput {
  readonly pod: Served<Pod>;
  readonly runtime: RuntimePod;
  readonly ending: Ending;
  /** By container id. */
  readonly verdicts: ReadonlyMap<string, ProbeVerdict>;
  /** Crash-loop back-off by container name. */
  readonly crashes: ReadonlyMap<string, BackOff>;
  /** Steps that failed are not tried before this, by container name; '' is the sandbox. */
  readonly notBeforeMs: ReadonlyMap<string, number>;
  /** Containers that are being stopped: their ids, and when the kill signal comes. */
  readonly stopping: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

export type Action =
  | { readonly kind: 'createSandbox'; readonly attempt: number }
  | { readonly kind: 'stopSandbox'; readonly id: string }
  | { readonly kind: 'removeSandbox'; readonly id: string }
  | { readonly kind: 'start'; readonly name: string; readonly role: ContainerRole; readonly attempt: number }
  | {
      readonly kind: 'kill';
      readonly record: ContainerRecord;
      readonly graceSeconds: number;
      readonly message: string;
    }
  | { readonly kind: 'removeContainer'; readonly id: string };

export interface Plan {
  readonly actions: readonly Action[];
  /** Ask again then, although nothing happened. */
  readonly wakeAtMs: number | undefined;
  /** Containers that wait out their crash-loop back-off: name → until when, and how long in all. */
  readonly backingOff: ReadonlyMap<string, { readonly untilMs: number; readonly delayMs: number }>;
  /** Nothing of the pod runs any more, and nothing will. */
  readonly ended: boolean;
}

export function planPod(input: PlanInput): Plan {
  const draft = new Draft(input);
  if (input.ending.kind !== 'none' || isTerminalPhase(input.pod.status?.phase) || hasFinished(input)) {
    end(draft, input);
  } else {
    run(draft, input);
  }
  prune(draft, input);
  return draft.plan();
}

/** The records of the current sandbox: older ones only say what was before. */
export function currentRecords(runtime: RuntimePod): readonly ContainerRecord[] {
  const [sandbox] = runtime.sandboxes;
  if (sandbox === undefined) return [];
  return runtime.containers.filter((record) => record.createdAtMs >= sandbox.createdAtMs);
}

export function latestRecord(records: readonly ContainerRecord[], name: string): ContainerRecord | undefined {
  return records.find((record) => record.name === name); // newest first
}

/** Every app container has ended for good, or an init container has failed for good. */
export function hasFinished({ pod, runtime }: Pick<PlanInput, 'pod' | 'runtime'>): boolean {
  const policy = restartPolicyOf(pod);
  const over = (name: string, role: ContainerRole): boolean => {
    const record = latestRecord(runtime.containers, name);
    return record?.state === 'exited' && !restartsAfter(policy, role, record.exitCode);
  };
  const failedInit = initContainers(pod).some(
    ({ role, container }) =>
      role === 'init' &&
      over(container.name, role) &&
      latestRecord(runtime.containers, container.name)?.exitCode !== 0 &&
      !appContainers(pod).some(({ name }) => latestRecord(runtime.containers, name) !== undefined),
  );
  return (
    failedInit ||
    appContainers(pod).every(({ name, image = '' }) => {
      const record = latestRecord(runtime.containers, name);
      return over(name, 'app') && record !== undefined && !imageChanged(record, image);
    })
  );
}

/** Whether the init containers are done with: an app container of this sandbox proves it too. */
export function isInitialized({ pod, runtime, verdicts }: Pick<PlanInput, 'pod' | 'runtime' | 'verdicts'>): boolean {
  const records = currentRecords(runtime);
  if (appContainers(pod).some(({ name }) => latestRecord(records, name) !== undefined)) return true;
  return initContainers(pod).every(({ role, container }) => {
    const record = latestRecord(records, container.name);
    if (role === 'init') return record?.state === 'exited' && record.exitCode === 0;
    return record?.state === 'running' && (verdicts.get(record.id) ?? PASSED).started;
  });
}

/** Collects actions and the earliest time to look again. */
class Draft {
  readonly actions: Action[] = [];
  readonly backingOff = new Map<string, { untilMs: number; delayMs: number }>();
  ended = false;
  readonly #input: PlanInput;
  #wakeAtMs: number | undefined;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  wakeAt(ms: number): void {
    if (this.#wakeAtMs === undefined || ms < this.#wakeAtMs) this.#wakeAtMs = ms;
  }

  /** True when the step of this name may be tried now. */
  may(name: string): boolean {
    const notBefore = this.#input.notBeforeMs.get(name);
    if (notBefore === undefined || notBefore <= this.#input.nowMs) return true;
    this.wakeAt(notBefore);
    return false;
  }

  start(role: ContainerRole, name: string): void {
    if (!this.may(name)) return;
    this.actions.push({ kind: 'start', name, role, attempt: nextAttempt(this.#input, name) });
  }

  /** Not again when it is being stopped and the kill signal does not come sooner by it. */
  kill(record: ContainerRecord, graceSeconds: number, message: string): void {
    const deadline = this.#input.stopping.get(record.id);
    if (deadline !== undefined && deadline <= this.#input.nowMs + graceSeconds * 1_000) return;
    this.actions.push({ kind: 'kill', record, graceSeconds, message });
  }

  /** Starts a container that ended, when its back-off is over. */
  restart(role: ContainerRole, record: ContainerRecord): void {
    const entry = this.#input.crashes.get(record.name);
    const until = waitsUntil(entry, CRASH_RULE, record.finishedAtMs);
    if (until !== undefined && until > this.#input.nowMs) {
      this.backingOff.set(record.name, { untilMs: until, delayMs: entry?.delayMs ?? 0 });
      this.wakeAt(until);
      return;
    }
    this.start(role, record.name);
  }

  plan(): Plan {
    return {
      actions: this.actions,
      wakeAtMs: this.#wakeAtMs,
      backingOff: this.backingOff,
      ended: this.ended && this.actions.length === 0,
    };
  }
}

/** The pod lives: sandbox, then init containers one after the other, then all app containers. */
function run(draft: Draft, input: PlanInput): void {
  const { pod, runtime } = input;
  const grace = graceSecondsOf(pod);
  const [sandbox] = runtime.sandboxes;
  if (sandbox?.ready !== true) {
    const stray = runtime.containers.filter((record) => record.state === 'running');
    for (const record of stray) draft.kill(record, grace, 'The sandbox of the pod is gone, its containers start anew.');
    if (stray.length > 0 || !draft.may('')) return;
    draft.actions.push({ kind: 'createSandbox', attempt: sandbox === undefined ? 0 : sandbox.attempt + 1 });
    return;
  }
  const records = currentRecords(runtime);
  const initialized = isInitialized(input);
  for (const roled of initContainers(pod)) {
    if (roled.role === 'init' && initialized) continue;
    if (!keepInit(draft, input, roled, records) && !initialized) return;
  }
  for (const container of appContainers(pod)) keepApp(draft, input, container.name, container.image ?? '', records);
}

/** True when the next init container may start. */
function keepInit(
  draft: Draft,
  input: PlanInput,
  { role, container }: RoledContainer,
  records: readonly ContainerRecord[],
): boolean {
  const record = latestRecord(records, container.name);
  if (record === undefined || record.state === 'created') {
    draft.start(role, container.name);
    return false;
  }
  if (record.state === 'running') {
    if (killWhenFailed(draft, input, record)) return false;
    return role === 'sidecar' && (input.verdicts.get(record.id) ?? PASSED).started;
  }
  if (role === 'init' && record.exitCode === 0) return true;
  if (restartsAfter(restartPolicyOf(input.pod), role, record.exitCode)) draft.restart(role, record);
  return false;
}

function keepApp(
  draft: Draft,
  input: PlanInput,
  name: string,
  image: string,
  records: readonly ContainerRecord[],
): void {
  const policy = restartPolicyOf(input.pod);
  const record = latestRecord(records, name);
  if (record === undefined || record.state === 'created') {
    const before = input.runtime.containers.find((older) => older.name === name && older.state === 'exited');
    if (before === undefined || restartsAfter(policy, 'app', before.exitCode)) draft.start('app', name);
    return;
  }
  if (record.state === 'running') {
    if (killWhenFailed(draft, input, record)) return;
    if (imageChanged(record, image)) {
      draft.kill(record, graceSecondsOf(input.pod), `Container ${name} definition changed, will be restarted`);
    }
    return;
  }
  if (imageChanged(record, image) || restartsAfter(policy, 'app', record.exitCode)) draft.restart('app', record);
}

/** A container whose image was changed in its pod starts again, even where the restart policy would not. */
function imageChanged(record: ContainerRecord, image: string): boolean {
  return record.notes.image !== undefined && record.notes.image !== image;
}

function killWhenFailed(draft: Draft, input: PlanInput, record: ContainerRecord): boolean {
  const { failed } = input.verdicts.get(record.id) ?? PASSED;
  if (failed === undefined) return false;
  const roled = allContainers(input.pod).find(({ container }) => container.name === record.name)?.container;
  const probe = failed === 'startup' ? roled?.startupProbe : roled?.livenessProbe;
  const grace = probe?.terminationGracePeriodSeconds ?? graceSecondsOf(input.pod);
  draft.kill(record, grace, `Container ${record.name} failed ${failed} probe, will be restarted`);
  return true;
}

/** The pod ends: app containers first, then sidecars from the last to the first, then the sandbox. */
function end(draft: Draft, input: PlanInput): void {
  const { pod, runtime } = input;
  const grace = graceSecondsOf(pod);
  const running = runtime.containers.filter((record) => record.state === 'running');
  const sidecars = initContainers(pod).filter(({ role }) => role === 'sidecar');
  const order = sidecars.map(({ container }) => container.name);
  const others = running.filter((record) => !order.includes(record.name));
  for (const record of others) draft.kill(record, grace, `Stopping container ${record.name}`);
  if (others.length > 0) return;
  const last = [...running].sort((a, b) => order.indexOf(b.name) - order.indexOf(a.name))[0];
  if (last !== undefined) {
    draft.kill(last, grace, `Stopping container ${last.name}`);
    return;
  }
  for (const sandbox of runtime.sandboxes) {
    if (sandbox.ready) draft.actions.push({ kind: 'stopSandbox', id: sandbox.id });
  }
  draft.ended = true;
}

/** Of each container the newest record stays and the one before it (for its log); of sandboxes only the newest. */
function prune(draft: Draft, input: PlanInput): void {
  const seen = new Map<string, number>();
  for (const record of input.runtime.containers) {
    const count = (seen.get(record.name) ?? 0) + 1;
    seen.set(record.name, count);
    if (count > 2 && record.state !== 'running') draft.actions.push({ kind: 'removeContainer', id: record.id });
  }
  const stale = (sandbox: SandboxState): boolean => !sandbox.ready && sandbox !== input.runtime.sandboxes[0];
  for (const sandbox of input.runtime.sandboxes.filter(stale)) {
    draft.actions.push({ kind: 'removeSandbox', id: sandbox.id });
  }
}

/** One more than any record or reported restart: attempts never repeat, also when somebody removed the records. */
function nextAttempt({ pod, runtime }: PlanInput, name: string): number {
  const record = latestRecord(runtime.containers, name);
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (candidate) => candidate.name === name,
  );
  const everStarted = status?.containerID !== undefined && status.containerID !== '';
  const reported = everStarted ? status.restartCount + 1 : 0;
  if (record === undefined) return reported;
  return record.state === 'created' ? record.attempt : Math.max(record.attempt + 1, reported);
}
