// Every behaviour of a conformant cluster that is shown so far, against one live cluster of three servers. QUORATE_CONFORMANCE
// says otherwise what `npm run conformance` was asked for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubectlMissing } from '../e2e/support/kubectl.ts';
import './areas/all.ts';
import { inNamespace, shownBehaviours } from './behaviour.ts';
import { allBehaviours } from './behaviours.ts';
import { type ConformanceCluster, startConformanceCluster } from './conformance-cluster.ts';
import { readWishes } from './wishes.ts';

const wishes = readWishes();
if (kubectlMissing !== undefined) process.stderr.write(`skipped: conformance: ${kubectlMissing}\n`);

describe.skipIf(kubectlMissing !== undefined)('a cluster of three servers', () => {
  let cluster: ConformanceCluster;
  beforeAll(async () => {
    process.stderr.write(`conformance: seed ${wishes.seed}\n`);
    cluster = await startConformanceCluster(wishes);
  });
  afterAll(async () => {
    if (wishes.killLeaderEverySeconds !== undefined)
      process.stderr.write(`conformance: the leader was killed ${cluster.kills()} times\n`);
    await cluster.stop();
  });

  const known = new Map(allBehaviours().map((each) => [each.id, each]));
  for (const [id, { show, isAlone }] of [...shownBehaviours()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (wishes.only?.includes(id) === false) continue;
    const run = isAlone ? it : it.concurrent;
    run(`${id} ${known.get(id)?.behaviour ?? ''}`, () => inNamespace(cluster, id, show), 120_000);
  }

  it('is shown by tests of known behaviours only', () => {
    expect([...shownBehaviours().keys()].filter((id) => !known.has(id))).toEqual([]);
  });
});
