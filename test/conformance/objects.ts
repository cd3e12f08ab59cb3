// Objects that many behaviours need, and the small steps around them.
import { eventually } from '../e2e/support/command.ts';
import type { Scene } from './behaviour.ts';
import { type Body, patchType } from './raw-client.ts';

export const IMAGE = 'busybox:1.35';
export const LABELS = { app: 'shown' };
export const CONTAINER = { name: 'web', image: IMAGE, command: ['sleep', '3600'] };
export const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: { containers: [CONTAINER], terminationGracePeriodSeconds: 0 },
};

/** A pod of one container; `spec` beside it. */
export function pod(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [CONTAINER], terminationGracePeriodSeconds: 0, ...spec },
  };
}

/** A Deployment, ReplicaSet, DaemonSet or StatefulSet of the template, or a ReplicationController. */
export function workload(kind: string, name: string, spec: object = {}, labels: object = LABELS): object {
  const isController = kind === 'ReplicationController';
  return {
    apiVersion: isController ? 'v1' : 'apps/v1',
    kind,
    metadata: { name, labels },
    spec: {
      selector: isController ? labels : { matchLabels: labels },
      template: { ...TEMPLATE, metadata: { labels } },
      ...spec,
    },
  };
}

const APPS = new Map([
  ['Deployment', 'deployments'],
  ['ReplicaSet', 'replicasets'],
  ['DaemonSet', 'daemonsets'],
  ['StatefulSet', 'statefulsets'],
]);

/** The collection of a kind of workload in the scene's namespace. */
export function pathOf({ namespace }: Scene, kind: string): string {
  const plural = APPS.get(kind);
  return plural === undefined
    ? core(namespace, `${kind.toLowerCase()}s`)
    : `/apis/apps/v1/namespaces/${namespace}/${plural}`;
}

export function core(namespace: string, plural: string): string {
  return `/api/v1/namespaces/${namespace}/${plural}`;
}

export function create(scene: Scene, kind: string, body: object): Promise<Body> {
  return scene.raw.ok('POST', pathOf(scene, kind), { body });
}

/** Merge patch. */
export function patch<T = Body>({ raw }: Scene, path: string, body: object): Promise<T> {
  return raw.ok<T>('PATCH', path, { body, contentType: patchType('merge') });
}

/** The pods of the scene's namespace that carry a label. */
export async function podsOf({ raw, namespace }: Scene, labels: object = LABELS): Promise<readonly Body[]> {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
  return (await raw.ok('GET', `${core(namespace, 'pods')}?labelSelector=${encodeURIComponent(selector)}`)).items;
}

/** Waits until so many pods are there that are not being deleted. */
export function podCount(scene: Scene, count: number, labels: object = LABELS): Promise<readonly Body[]> {
  return eventually(`${count} pods`, async () => {
    const living = (await podsOf(scene, labels)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return living.length === count ? living : undefined;
  });
}

/** Waits until nothing answers under a path. */
export function goneFrom({ raw }: Scene, path: string): Promise<true> {
  return eventually(`${path} to go`, async () => ((await raw.send('GET', path)).status === 404 ? true : undefined));
}

/** Reads, changes and replaces an object, again on a conflict, as every client does. */
export async function update<T extends object = Body>(
  { raw }: Scene,
  path: string,
  change: (object: T) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const object = await raw.ok<T>('GET', path);
    change(object);
    const answer = await raw.send('PUT', path, { body: object });
    if (answer.status === 409 && attempt < 10) continue;
    if (answer.status !== 200) throw new Error(`PUT ${path} was answered ${answer.status}: ${answer.text}`);
    // What was sent, as the server has it now.
    return answer.body as unknown as T;
  }
}
