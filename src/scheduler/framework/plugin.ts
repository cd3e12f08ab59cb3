// A plugin and the points at which it may take part in scheduling a pod, upstream's extension points in upstream's order.
// Up to the scores plugins are pure functions of pod and snapshot; from Reserve on they act.
import type { Pod, Served } from '../../api/index.ts';
import type { NodeInfo, PodInfo, Snapshot } from './snapshot.ts';

/** Why a pod cannot go to a node, as users read it: `Insufficient cpu`. Several reasons count one each. */
export interface Rejection {
  readonly reasons: readonly string[];
}

/** What happened in the cluster that may give a pod a place. */
export type ClusterEvent = 'nodeAdded' | 'nodeAllocatable' | 'nodeLabels' | 'nodeTaints' | 'podFreed' | 'podPlaced';

/** The verdict of PreFilter: nothing to do for this pod, no node can do, or what Filter shall be given. */
export type Prepared<State> =
  | { readonly kind: 'skip' }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'state'; readonly state: State };

/** What the queue's order may depend on. */
export interface Queued {
  readonly pod: Served<Pod>;
  /** When the pod was first added, monotonic milliseconds. */
  readonly addedMs: number;
}

export interface Plugin<State = unknown> {
  readonly name: string;

  /** QueueSort: whether `a` is scheduled before `b`. Exactly one plugin of a profile has it. */
  less?(a: Queued, b: Queued): boolean;

  /** PreFilter: once per pod, before the nodes are looked at. Without it, or skipped, filters run with undefined. */
  preFilter?(pod: PodInfo, snapshot: Snapshot): Prepared<State>;
  /** Filter: undefined when the pod may go there. */
  filter?(pod: PodInfo, node: NodeInfo, state: State | undefined): Rejection | undefined;
  /** Which events may turn this filter's rejection into a yes; without any, every event does. */
  readonly wakesOn?: readonly ClusterEvent[];

  /**
   * PostFilter: a pod found no node; the first that answers a node's name has made room there (preemption), and the pod is
   * tried again soon.
   */
  postFilter?(pod: PodInfo, snapshot: Snapshot, signal: AbortSignal): Promise<string | undefined>;

  /** PreScore: once per pod, with the nodes that passed. Undefined: this pod is not scored by this plugin. */
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[]): State | undefined;
  /** Score: higher is better; 0 to SCORE_MAX, unless normalizeScores brings it there. */
  score?(pod: PodInfo, node: NodeInfo, state: State | undefined): number;
  /** NormalizeScore: the scores of all nodes, in order, brought to 0 … SCORE_MAX. */
  normalizeScores?(scores: readonly number[]): readonly number[];

  /** Reserve: claims what is kept outside the snapshot. Undone by unreserve, which must bear being called twice. */
  reserve?(pod: PodInfo, node: string): Rejection | undefined;
  unreserve?(pod: PodInfo, node: string): void;
  /** Permit: holds the pod back until it resolves; a rejection sends it back to the queue. */
  permit?(pod: PodInfo, node: string, signal: AbortSignal): Promise<Rejection | undefined>;
  /** PreBind: what must be there before the pod may start; throwing sends it back to the queue. */
  preBind?(pod: PodInfo, node: string, signal: AbortSignal): Promise<void>;
  /** Bind: true when it has bound the pod; false leaves it to the next. */
  bind?(pod: PodInfo, node: string, signal: AbortSignal): Promise<boolean>;
  /** PostBind: for information. */
  postBind?(pod: PodInfo, node: string): void;
}

export interface WeightedPlugin {
  readonly plugin: Plugin;
  /** Multiplies its scores; 1 when undefined. */
  readonly weight?: number;
}

/** The plugins that schedule the pods of one spec.schedulerName. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly WeightedPlugin[];
}
