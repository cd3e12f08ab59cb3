// What probes have found out about a container, and how one more answer changes it. Pure.
import type { Probe } from '../../api/index.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** The verdict about one running container. A container without a probe of a kind passes it at once. */
export interface ProbeVerdict {
  /** Has started up: liveness and readiness are asked from now on. */
  readonly started: boolean;
  readonly ready: boolean;
  /** The kind whose failure means that the container is to be killed. */
  readonly failed: 'startup' | 'liveness' | undefined;
}

export const PASSED: ProbeVerdict = { started: true, ready: true, failed: undefined };

/** How one probe of one container goes: consecutive answers of a kind, and the result that holds. */
export interface ProbeRun {
  readonly result: boolean | undefined;
  readonly successes: number;
  readonly failures: number;
}

export const FIRST_RUN: ProbeRun = { result: undefined, successes: 0, failures: 0 };

/** The run after one more answer: a threshold of consecutive answers changes the result. */
export function afterAnswer(run: ProbeRun, probe: Probe, success: boolean): ProbeRun {
  const successes = success ? run.successes + 1 : 0;
  const failures = success ? 0 : run.failures + 1;
  const reached = success ? successes >= (probe.successThreshold ?? 1) : failures >= (probe.failureThreshold ?? 3);
  return { result: reached ? success : run.result, successes, failures };
}

/** The verdict from the runs of a container's probes; a probe that it has none of is `undefined` in `probes`. */
export function verdictOf(
  probes: Readonly<Record<ProbeKind, Probe | undefined>>,
  runs: Readonly<Record<ProbeKind, ProbeRun>>,
): ProbeVerdict {
  const started = probes.startup === undefined || runs.startup.result === true;
  const ready = started && (probes.readiness === undefined || runs.readiness.result === true);
  if (probes.startup !== undefined && runs.startup.result === false)
    return { started, ready: false, failed: 'startup' };
  const dead = started && probes.liveness !== undefined && runs.liveness.result === false;
  return { started, ready, failed: dead ? 'liveness' : undefined };
}
