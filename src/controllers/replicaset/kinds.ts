// The kinds that keep a number of pods alive. ReplicaSets and ReplicationControllers differ in how they are written down, in
// nothing that they do: what differs is named here, and the controller is one.
import type { LabelSelector, ReplicaSet, ReplicationController, Served } from '../../api/index.ts';
import { type Informer, REPLICA_SETS, REPLICATION_CONTROLLERS, type ResourceRef } from '../../client/index.ts';
import { oncePer } from '../../lib/index.ts';
import { BY_CONTROLLER, type Caches } from '../caches.ts';
import { controllerOf } from '../shared/owners.ts';

/** What keeps replicas. */
export type Replicator = ReplicaSet | ReplicationController;

export interface ReplicatorKind {
  /** The names of the control loop and of the component that records events. */
  readonly loop: string;
  readonly component: string;
  readonly ref: ResourceRef<Replicator>;
  readonly apiVersion: string;
  /** Its status has the field terminatingReplicas. */
  readonly countsTerminating: boolean;
  informer(caches: Caches): Informer<Replicator>;
  selectorOf(replicator: Replicator): LabelSelector | undefined;
  /** Itself and the others of its kind with the same owner. */
  siblingsOf(replicator: Served<Replicator>, caches: Caches): readonly Served<Replicator>[];
}

export const REPLICA_SET_KIND: ReplicatorKind = {
  loop: 'replicaset',
  component: 'replicaset-controller',
  ref: REPLICA_SETS,
  apiVersion: 'apps/v1',
  countsTerminating: true,
  informer: ({ replicaSets }) => replicaSets,
  selectorOf: (replicator) => (replicator as ReplicaSet).spec?.selector,
  siblingsOf(replicator, caches) {
    const owner = controllerOf(replicator);
    return owner === undefined ? [replicator] : caches.replicaSets.lister.byIndex(BY_CONTROLLER, owner.uid);
  },
};

/** Caches hand out the same map again and again: the selector that it stands for is made once, as what is compiled of it. */
const selectorOfMap = oncePer((matchLabels: Record<string, string>): LabelSelector => ({ matchLabels }));

export const REPLICATION_CONTROLLER_KIND: ReplicatorKind = {
  loop: 'replicationcontroller',
  component: 'replication-controller',
  ref: REPLICATION_CONTROLLERS,
  apiVersion: 'v1',
  countsTerminating: false,
  informer: ({ replicationControllers }) => replicationControllers,
  selectorOf(replicator) {
    const { selector } = (replicator as ReplicationController).spec ?? {};
    // An empty map selects nothing, other than an empty selector.
    return selector === undefined || Object.keys(selector).length === 0 ? undefined : selectorOfMap(selector);
  },
  siblingsOf: (replicator) => [replicator],
};
