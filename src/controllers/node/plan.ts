// Judges nodes: which have not been heard of for too long, what conditions and taints follow, and whether what we see is a
// dead node at all, rather than a laptop that slept. Pure.
import { equalJson, type Node, type NodeCondition, type Served, type Taint } from '../../api/index.ts';
import { NODE_MONITOR_GRACE_MS, NODE_MONITOR_PERIOD_MS, NODE_STARTUP_GRACE_MS, SLEEP_JUMP_MS } from '../limits.ts';

const PREFIX = 'node.kubernetes.io/';
export const NOT_READY = `${PREFIX}not-ready`;
export const UNREACHABLE = `${PREFIX}unreachable`;
export const OUT_OF_SERVICE = `${PREFIX}out-of-service`;

/** Conditions that a kubelet posts, and that nobody vouches for once it is silent. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** The taint of NoSchedule that a condition stands for: condition → status → taint key. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: `${PREFIX}memory-pressure` },
  DiskPressure: { True: `${PREFIX}disk-pressure` },
  PIDPressure: { True: `${PREFIX}pid-pressure` },
  NetworkUnavailable: { True: `${PREFIX}network-unavailable` },
};
const UNSCHEDULABLE = `${PREFIX}unschedulable`;
const MANAGED_NO_SCHEDULE: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...Object.values(CONDITION_TAINTS).flatMap((byStatus) => Object.values(byStatus)),
]);
const MANAGED_NO_EXECUTE: ReadonlySet<string> = new Set([NOT_READY, UNREACHABLE]);

/** What was last heard of a node, and when by our own monotonic clock: the node's clock is not trusted. */
export interface Heard {
  /** The lease's renewal and the Ready heartbeat, as text: a change of either is a sign of life. */
  readonly sign: string;
  readonly atMs: number;
}

/** The sign of life that a node and its lease show now. */
export function signOf(node: Node, renewTime: string | undefined): string {
  return `${renewTime ?? ''} ${readyOf(node)?.lastHeartbeatTime ?? ''}`;
}

export function hear(before: Heard | undefined, sign: string, nowMs: number): Heard {
  return before?.sign === sign ? before : { sign, atMs: nowMs };
}

export function isSilent(node: Node, heard: Heard, nowMs: number): boolean {
  const graceMs = readyOf(node) === undefined ? NODE_STARTUP_GRACE_MS : NODE_MONITOR_GRACE_MS;
  return nowMs - heard.atMs >= graceMs;
}

export function readyOf(node: Node): NodeCondition | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Two readings of both clocks. */
export interface Tick {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/**
 * Whether the machine slept (or this process was stopped) between two ticks: the tick is late, or the wall clock ran ahead
 * of the monotonic one, which stands still during sleep on some systems.
 */
export function sleptBetween(before: Tick, now: Tick): boolean {
  const monotonicMs = now.monotonicMs - before.monotonicMs;
  const wallMs = now.wallMs - before.wallMs;
  return monotonicMs > NODE_MONITOR_PERIOD_MS + SLEEP_JUMP_MS || wallMs - monotonicMs > SLEEP_JUMP_MS;
}

/** The conditions of a silent node; undefined when they are right already. */
export function silentConditions(node: Node, now: string): NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? [];
  const missing = KUBELET_CONDITIONS.filter((type) => !conditions.some((condition) => condition.type === type));
  const next = [
    ...conditions.map((condition) => {
      const ours = KUBELET_CONDITIONS.some((type) => type === condition.type);
      if (!ours || condition.status === 'Unknown') return condition;
      const told = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
      return { ...condition, status: 'Unknown', ...told, lastTransitionTime: now };
    }),
    ...missing.map((type) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastTransitionTime: now,
    })),
  ];
  return equalJson(conditions, next) ? undefined : next;
}

/**
 * The taints a node should have. `evict`: NoExecute taints may be set; while eviction is suspended they are taken away, as
 * Kubernetes does when a whole zone is silent. Taints of other managers stay.
 */
export function desiredTaints(node: Node, evict: boolean, now: string): Taint[] {
  const current = node.spec?.taints ?? [];
  const keep = (key: string, effect: string): Taint =>
    current.find((taint) => taint.key === key && taint.effect === effect) ?? {
      key,
      effect,
      ...(effect === 'NoExecute' ? { timeAdded: now } : {}),
    };
  const noSchedule = new Set<string>(node.spec?.unschedulable === true ? [UNSCHEDULABLE] : []);
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status];
    if (key !== undefined) noSchedule.add(key);
  }
  const noExecute = [...noSchedule].filter((key) => evict && MANAGED_NO_EXECUTE.has(key));
  const others = current.filter(
    ({ key, effect }) =>
      !(effect === 'NoSchedule' && MANAGED_NO_SCHEDULE.has(key)) &&
      !(effect === 'NoExecute' && MANAGED_NO_EXECUTE.has(key)),
  );
  return [
    ...others,
    ...[...noSchedule].map((key) => keep(key, 'NoSchedule')),
    ...noExecute.map((key) => keep(key, 'NoExecute')),
  ];
}

export function taintsDiffer(node: Served<Node>, taints: readonly Taint[]): boolean {
  const key = (taint: Taint): string => `${taint.key}=${taint.value ?? ''}:${taint.effect}`;
  const current = (node.spec?.taints ?? []).map(key).sort();
  return !equalJson(current, taints.map(key).sort());
}
