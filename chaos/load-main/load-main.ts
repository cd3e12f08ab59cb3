// Gives the main thread of every server the worst work that clients can, and looks at the Raft thread beside it: how late its event
// loop is (bar 13), and whether anybody held an election.
import { setMaxListeners } from 'node:events';
import { type Clock, defined, sleep, UserError } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { POLL_MS } from '../limits.ts';
import { BURDENS, NAMESPACE } from './burdens.ts';

export interface LoadMainOptions {
  /** Small objects that are listed. */
  readonly objects: number;
  readonly lastsMs: number;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

/** The delay of one server's Raft thread in one window, in ms beyond the resolution. */
export interface DelayWindow {
  readonly server: string;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface LoadMainResult {
  /** Requests by what they were, with the longest time to an answer in ms. */
  readonly burdens: readonly { readonly name: string; readonly sent: number; readonly longestMs: number }[];
  /** Answers that nobody may give. */
  readonly wrong: readonly string[];
  readonly windows: readonly DelayWindow[];
  readonly termBefore: number;
  readonly termAfter: number;
}

const CREATORS = 12;

export async function loadMain(cluster: ClusterUnderTest, options: LoadMainOptions): Promise<LoadMainResult> {
  const { clock, progress } = options;
  await fill(cluster, options);
  const before = await cluster.whole();
  const servers = before.servers.map(({ id }) => id);
  progress(`${options.objects} objects are there; every server is given the worst for ${options.lastsMs / 1000} s`);
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const watching = servers.map((server) => watchDelay(cluster, server, clock, end.signal));
  const tally = BURDENS.map(({ name }) => ({ name, sent: 0, longestMs: 0 }));
  const wrong: string[] = [];
  const burdening = servers.map((server, i) => burdenServer(cluster, server, i, clock, end.signal, tally, wrong));
  await sleep(clock, options.lastsMs, cluster.stopping);
  end.abort();
  await Promise.all(burdening);
  const windows = (await Promise.all(watching)).flat();
  const after = await cluster.whole();
  const term = (status: typeof before): number => Math.max(...status.servers.map((server) => server.term));
  return { burdens: tally, wrong, windows, termBefore: term(before), termAfter: term(after) };
}

/** The objects that lists are of, and those that are changed. */
async function fill(cluster: ClusterUnderTest, { objects, progress }: LoadMainOptions): Promise<void> {
  progress(`creating ${objects} objects`);
  const kind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
  const setup = cluster.balancedClient();
  await setup.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  for (const name of ['large', 'megabyte', 'patched'])
    await setup.send('POST', path, { ...kind, metadata: { name, annotations: { a0: '' } } });
  setup.close();
  const servers = cluster.running.topology.servers;
  let next = 0;
  await Promise.all(
    Array.from({ length: CREATORS }, async (_, i) => {
      const client = cluster.clientOf(defined(servers[i % servers.length], 'a server').id);
      for (let number = next++; number < objects; number = next++) {
        const metadata = { name: `object-${number}`, labels: { load: `v${number % 100}` } };
        const answer = await client.send('POST', path, { ...kind, metadata, data: { number: String(number) } });
        if (answer.kind === 'ended' || answer.status !== 201)
          throw new UserError(`an object could not be created: ${JSON.stringify(answer)}`, 'Run it again.');
      }
      client.close();
    }),
  );
}

/** All burdens, one after the other, again and again: a main thread has one at a time, and never none. */
async function burdenServer(
  cluster: ClusterUnderTest,
  server: string,
  offset: number,
  clock: Clock,
  signal: AbortSignal,
  tally: { sent: number; longestMs: number }[],
  wrong: string[],
): Promise<void> {
  const client = cluster.clientOf(server);
  for (let turn = offset; !signal.aborted; turn += 1) {
    const place = turn % BURDENS.length;
    const burden = defined(BURDENS[place], 'a burden');
    const from = clock.monotonic();
    const answer = await burden.send(client, turn);
    const entry = defined(tally[place], 'an entry');
    entry.sent += 1;
    entry.longestMs = Math.max(entry.longestMs, clock.monotonic() - from);
    const isRight = answer.kind === 'answered' && burden.expected.includes(answer.status);
    if (!isRight) wrong.push(`${server}, ${burden.name}: ${JSON.stringify(answer).slice(0, 200)}`);
  }
  client.close();
}

/** Every window that begins while the servers are burdened. */
async function watchDelay(
  cluster: ClusterUnderTest,
  server: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly DelayWindow[]> {
  const client = cluster.clientOf(server);
  const windows: DelayWindow[] = [];
  let seen: number | undefined;
  while (!signal.aborted) {
    const answer = await client.send('GET', '/metrics');
    const figures = answer.kind === 'answered' && answer.status === 200 ? parseDelay(answer.body) : undefined;
    if (figures !== undefined) {
      if (seen !== undefined && figures.windows > seen) windows.push({ server, ...figures });
      seen = figures.windows;
    }
    await sleep(clock, 10 * POLL_MS, signal);
  }
  client.close();
  // The first one began before.
  return windows.slice(1);
}

function parseDelay(text: string): (Omit<DelayWindow, 'server'> & { readonly windows: number }) | undefined {
  const quantile = (name: string): number | undefined => {
    const found = text.match(
      new RegExp(`^quorate_raft_loop_delay_seconds\\{quantile="${name}"[^}]*\\} (\\S+)$`, 'm'),
    )?.[1];
    return found === undefined ? undefined : Number(found) * 1000;
  };
  const windows = text.match(/^quorate_raft_loop_delay_windows\{[^}]*\} (\S+)$/m)?.[1];
  const [p99Ms, p999Ms, maxMs] = [quantile('0.99'), quantile('0.999'), quantile('1')];
  if (windows === undefined || p99Ms === undefined || p999Ms === undefined || maxMs === undefined) return undefined;
  return { windows: Number(windows), p99Ms, p999Ms, maxMs };
}
