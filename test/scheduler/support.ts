// Nodes and pods for tests of the scheduler, with as little said as the test needs.
import type { Node, Pod, Served } from '../../src/api/index.ts';
import {
  defaultProfile,
  type NodeInfo,
  nodeInfo,
  type PodInfo,
  type Profile,
  podInfo,
} from '../../src/scheduler/index.ts';
import { fakeClient } from '../client/support/fake-client.ts';
import { fakeCluster } from '../client/support/fake-cluster.ts';

type Spec = NonNullable<Pod['spec']>;

export interface NodeSketch {
  readonly allocatable?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly spec?: Node['spec'];
}

export function node(name: string, sketch: NodeSketch = {}): Served<Node> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `node-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: sketch.labels ?? {},
    },
    ...(sketch.spec === undefined ? {} : { spec: sketch.spec }),
    status: { allocatable: sketch.allocatable ?? { cpu: '4', memory: '8Gi', pods: '110' } },
  };
}

export interface PodSketch {
  readonly requests?: Record<string, string>;
  readonly owner?: string;
  readonly spec?: Partial<Spec>;
  readonly labels?: Record<string, string>;
}

export function pod(name: string, sketch: PodSketch = {}): Served<Pod> {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: sketch.owner ?? '', controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `pod-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(sketch.labels === undefined ? {} : { labels: sketch.labels }),
      ...(sketch.owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: { containers: [{ name: 'c', resources: { requests: sketch.requests ?? {} } }], ...sketch.spec },
  };
}

export const info = (name: string, sketch: PodSketch = {}): PodInfo => podInfo(pod(name, sketch));

/** A node with pods on it. */
export function place(name: string, sketch: NodeSketch = {}, pods: readonly PodInfo[] = []): NodeInfo {
  return nodeInfo(node(name, sketch), pods);
}

/** The default profile; its binder is never asked. */
export const PROFILE: Profile = defaultProfile(fakeClient(fakeCluster()));
