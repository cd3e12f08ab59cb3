// The life of a deployment as a newcomer's kubectl drives it: create, look, scale, roll, undo, delete.
// `agrees` is called at each step with the number of containers that should be running.
import { expect } from 'vitest';
import { eventually } from './command.ts';
import type { Kubectl } from './kubectl.ts';

export interface SequenceHooks {
  /** Checks that the world outside agrees with the number of running pods. */
  agrees(running: number): Promise<void>;
  /** What `kubectl logs` of one of the pods must contain. */
  readonly logs: RegExp;
}

export async function deploymentSequence(kubectl: Kubectl, name: string, hooks: SequenceHooks): Promise<void> {
  // A first process that has no handler for it is deaf to SIGTERM: each step would take the whole grace of thirty seconds.
  const serve = 'trap exit TERM; httpd -f -vv -p 80 & wait';
  await kubectl.ok(`create deployment ${name} --image=busybox:1.35 --replicas=3 --`, 'sh', '-c', serve);
  expect(await kubectl.ok(`rollout status deployment/${name} --timeout=60s`)).toContain('successfully rolled out');
  const wide = await kubectl.ok(`get pods -l app=${name} -o wide`);
  expect(wide).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES/);
  expect(wide.match(/1\/1 +Running +0 .* worker-[12] /g)).toHaveLength(3);
  await hooks.agrees(3);
  await kubectl.ok(`logs deployment/${name}`).then((text) => expect(text).toMatch(hooks.logs));

  await kubectl.ok(`scale deployment/${name} --replicas=5`);
  await kubectl.ok(`rollout status deployment/${name} --timeout=60s`);
  expect(await kubectl.ok(`get deployment ${name}`)).toMatch(new RegExp(`${name} +5/5 +5 +5 `));
  await hooks.agrees(5);
  await kubectl.ok(`scale deployment/${name} --replicas=2`);
  await podCount(kubectl, name, 2);
  await hooks.agrees(2);

  await kubectl.ok(`set env deployment/${name} COLOUR=green`);
  await kubectl.ok(`rollout status deployment/${name} --timeout=90s`);
  await podCount(kubectl, name, 2);
  expect(await colours(kubectl, name)).toEqual(['green', 'green']);
  expect(await kubectl.ok(`rollout history deployment/${name}`)).toMatch(/^1 .*\n2 /m);
  await hooks.agrees(2);

  await kubectl.ok(`rollout undo deployment/${name}`);
  await kubectl.ok(`rollout status deployment/${name} --timeout=90s`);
  await podCount(kubectl, name, 2);
  expect(await colours(kubectl, name)).toEqual(['', '']);
  await hooks.agrees(2);

  const described = await kubectl.ok(`describe deployment ${name}`);
  expect(described).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
  expect(described).toContain('ScalingReplicaSet');
  expect(await kubectl.ok(`describe pods -l app=${name}`)).toMatch(/Normal +Started/);

  await kubectl.ok(`delete deployment ${name}`);
  await podCount(kubectl, name, 0);
  expect(await kubectl.ok(`get replicasets -l app=${name} -o name`)).toBe('');
  await hooks.agrees(0);
}

async function podCount(kubectl: Kubectl, name: string, count: number): Promise<void> {
  await eventually(`${count} pods of ${name}`, async () => {
    const names = await kubectl.ok(`get pods -l app=${name} -o name`);
    return names.split('\n').filter((line) => line !== '').length === count ? true : undefined;
  });
}

async function colours(kubectl: Kubectl, name: string): Promise<readonly string[]> {
  const text = await kubectl.ok(
    `get pods -l app=${name} -o`,
    'jsonpath={range .items[*]}[{.spec.containers[0].env[?(@.name=="COLOUR")].value}]{end}',
  );
  return [...text.matchAll(/\[(.*?)\]/g)].map((match) => match[1] ?? '');
}
