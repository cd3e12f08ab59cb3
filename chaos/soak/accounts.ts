// What a soak's history says about availability, as the bars ask: how long nobody at a living server got a write acknowledged,
// and which requests failed where no fault excuses it. Pure.
import type { FaultRecord } from '../faults/inject.ts';
import type { FaultKind } from '../faults/plan.ts';
import { type Gap, longestGap, percentile } from '../gaps.ts';
import { isRegisterWrite, type Operation } from '../history/operation.ts';
import { CALM_AFTER_FAULT_MS, CALM_BEFORE_FAULT_MS } from '../limits.ts';

export interface FaultAccount {
  readonly kind: FaultKind;
  readonly times: number;
  /** One for each time, counted from the beginning of the fault. */
  readonly gaps: readonly Gap[];
  readonly p50Ms: number;
  readonly maxMs: number;
  /** How often the term went up. */
  readonly leaderChanges: number;
}

export interface Accounts {
  readonly attempted: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** Nobody accepted the connection. */
  readonly unsent: number;
  readonly faults: readonly FaultAccount[];
  /** Requests without an answer, or with one that says of a fault, at a server that had none. */
  readonly failedAtLiving: readonly Operation[];
}

export function accountsOf(history: readonly Operation[], faults: readonly FaultRecord[]): Accounts {
  const kinds = [...new Set(faults.map((fault) => fault.kind))].sort();
  const count = (isIt: (operation: Operation) => boolean): number => history.filter(isIt).length;
  const isTrouble = ({ outcome, refusal }: Operation): boolean =>
    outcome === 'unknown' || (outcome === 'failed' && refusal === 'other');
  const refused = count(({ outcome, refusal }) => outcome === 'failed' && refusal !== 'other');
  return {
    attempted: history.length,
    // A refusal by the register's state is an answer, as good as any.
    acknowledged: count(({ outcome }) => outcome === 'ok') + refused,
    refused,
    unknown: count(({ outcome }) => outcome === 'unknown'),
    unsent: count(({ outcome, refusal }) => outcome === 'failed' && refusal === 'other'),
    faults: kinds.map((kind) => accountOf(kind, faults, writesOf(history))),
    failedAtLiving: history.filter((operation) => isTrouble(operation) && !isExcused(operation, faults)),
  };
}

interface Acknowledgement {
  readonly via: string;
  readonly atMs: number;
}

/** Acknowledged writes by pinned clients. */
function writesOf(history: readonly Operation[]): readonly Acknowledgement[] {
  return history
    .filter((operation) => operation.outcome === 'ok' && isRegisterWrite(operation) && operation.via !== 'balancer')
    .map(({ via, end }) => ({ via: via ?? '', atMs: end / 1e6 }));
}

function accountOf(
  kind: FaultKind,
  faults: readonly FaultRecord[],
  acknowledgements: readonly Acknowledgement[],
): FaultAccount {
  const all = new Set(acknowledgements.map(({ via }) => via));
  const mine = faults.filter((fault) => fault.kind === kind);
  const gaps = mine.map(({ harmed, fromMs, wholeMs }): Gap => {
    // Where everybody is harmed the gap is that of the whole cluster.
    const living = [...all].filter((server) => !harmed.includes(server));
    const counted = living.length === 0 ? [...all] : living;
    const gap = longestGap(
      acknowledgements.filter(({ via }) => counted.includes(via)).map(({ atMs }) => atMs),
      fromMs - CALM_BEFORE_FAULT_MS,
      wholeMs + CALM_AFTER_FAULT_MS,
    );
    return { fromMs: gap.fromMs - fromMs, ms: gap.ms };
  });
  const gapsMs = gaps.map(({ ms }) => ms);
  return {
    kind,
    times: mine.length,
    gaps,
    p50Ms: percentile(gapsMs, 0.5),
    maxMs: Math.max(...gapsMs),
    leaderChanges: mine.filter((fault) => fault.termAfter > fault.termBefore).length,
  };
}

/** At the time of a fault of its server. Who comes through the load balancer may meet anybody's. */
function isExcused({ via, start, end }: Operation, faults: readonly FaultRecord[]): boolean {
  return faults.some(({ harmed, fromMs, wholeMs }) => {
    const concerned = via === 'balancer' ? harmed.length > 0 : harmed.includes(via ?? '');
    return concerned && end / 1e6 >= fromMs && start / 1e6 <= wholeMs;
  });
}
