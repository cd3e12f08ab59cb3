// How a behaviour is told: its id, and a test that gets the cluster's clients and a namespace of its own.
import type { ConformanceCluster } from './conformance-cluster.ts';

export interface Scene extends ConformanceCluster {
  /** Made for this test, deleted after it. */
  readonly namespace: string;
  /** Names of cluster-wide objects that no other test uses: `${unique}-a`. */
  readonly unique: string;
}

export type BehaviourTest = (scene: Scene) => Promise<void>;

interface ShownBehaviour {
  readonly show: BehaviourTest;
  /** It does to the cluster what would disturb others. */
  readonly isAlone: boolean;
}

const TESTS = new Map<string, ShownBehaviour>();

/** Says how the behaviour of that id is shown, beside others that are shown at the same time. */
export function behaviour(id: string, show: BehaviourTest): void {
  add(id, { show, isAlone: false });
}

/** The same, with nothing else going on. */
export function behaviourAlone(id: string, show: BehaviourTest): void {
  add(id, { show, isAlone: true });
}

function add(id: string, shown: ShownBehaviour): void {
  if (TESTS.has(id)) throw new Error(`${id} is shown twice`);
  TESTS.set(id, shown);
}

/** Every behaviour that is shown, by id. */
export function shownBehaviours(): ReadonlyMap<string, ShownBehaviour> {
  return TESTS;
}

/** Runs a test in a namespace of its own. */
export async function inNamespace(cluster: ConformanceCluster, id: string, show: BehaviourTest): Promise<void> {
  const unique = id.toLowerCase();
  const created = await cluster.raw.ok('POST', '/api/v1/namespaces', {
    body: { metadata: { generateName: `${unique}-`, labels: { conformance: unique } } },
  });
  const namespace: string = created.metadata.name;
  try {
    await show({ ...cluster, namespace, unique: `conformance-${unique}` });
  } finally {
    await cluster.raw.send('DELETE', `/api/v1/namespaces/${namespace}`);
  }
}
