// A server that sleeps while the others write more than their logs keep: when it wakes, the log no longer serves it, and
// it is sent the state. Real processes, and the limits of production.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterUnderTest, PlainClient } from '../../chaos/index.ts';
import { KIB, MIB, sleep, systemClock } from '../../src/lib/index.ts';
import { threeServers } from './support/three-servers.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
/** More than the closed and the open segments of a log hold. */
const WRITTEN_BYTES = 120 * MIB;
const OBJECT_BYTES = 900 * KIB;
const TEXT = 'x'.repeat(OBJECT_BYTES);
const clock = systemClock();

describe('a server that slept for longer than the logs reach', () => {
  let cluster: ClusterUnderTest;
  beforeAll(async () => {
    cluster = await threeServers();
  });
  afterAll(() => cluster.stop());

  it('is sent the state, says so, misses nothing, and shows a watch what happened meanwhile', async () => {
    const { servers } = await cluster.status();
    const sleeper = servers.find((server) => server.role === 'follower')?.id ?? '';
    const awake = servers.find((server) => server.id !== sleeper)?.id ?? '';
    const [own, other] = [cluster.clientOf(sleeper), cluster.clientOf(awake)];
    await cluster.whole();
    cluster.signal(sleeper, 'SIGSTOP');
    const made: string[] = [];
    for (let bytes = 0; bytes < WRITTEN_BYTES; bytes += OBJECT_BYTES)
      made.push((await create(other, `large-${made.length}`, TEXT)).resourceVersion);
    // The state databases follow the log.
    await sleep(clock, 3_000);
    await create(other, 'after', 'x');
    cluster.signal(sleeper, 'SIGCONT');
    const reasons = new Set<string>();
    for (let isBehind = true; isBehind; await sleep(clock, 20)) {
      const members = (await cluster.status()).servers;
      const slept = members.find((server) => server.id === sleeper);
      reasons.add(slept?.reason ?? '');
      isBehind = members.some((server) => server.appliedIndex > (slept?.appliedIndex ?? 0));
    }
    await cluster.whole();

    const log = readFileSync(cluster.running.layout.logFile(sleeper), 'utf8');
    expect(log).toContain('a snapshot takes the place of the state');
    expect([...reasons].filter((reason) => reason.includes('receiving a snapshot'))).not.toEqual([]);
    expect(await names(own)).toEqual(await names(other));
    // Not all of it in one answer: a watch that does not keep up is ended.
    const versions = (await watchFrom(own, made.at(-5) ?? '')).map((event) => event.object.metadata.resourceVersion);
    expect(made.slice(-4).filter((version) => !versions.includes(version))).toEqual([]);
    own.close();
    other.close();
  });
});

async function create(client: PlainClient, name: string, text: string): Promise<{ resourceVersion: string }> {
  const answer = await client.send('POST', CONFIG_MAPS, { metadata: { name }, data: { text } });
  if (answer.kind !== 'answered' || answer.status !== 201) throw new Error(JSON.stringify(answer));
  return (JSON.parse(answer.body) as { metadata: { resourceVersion: string } }).metadata;
}

async function names(client: PlainClient): Promise<readonly string[]> {
  const answer = await client.send('GET', `${CONFIG_MAPS}?limit=10`);
  if (answer.kind !== 'answered') throw new Error(answer.reason);
  const { items } = JSON.parse(answer.body) as { items: { metadata: { name: string; resourceVersion: string } }[] };
  return items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
}

/** The events of some seconds after a revision: the server ends the watch. */
async function watchFrom(
  client: PlainClient,
  resourceVersion: string,
): Promise<readonly { readonly object: { readonly metadata: { readonly resourceVersion: string } } }[]> {
  const query = `watch=1&timeoutSeconds=5&resourceVersion=${resourceVersion}`;
  const answer = await client.send('GET', `${CONFIG_MAPS}?${query}`);
  if (answer.kind !== 'answered') throw new Error(answer.reason);
  return answer.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { object: { metadata: { resourceVersion: string } } });
}
