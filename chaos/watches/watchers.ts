// Hundreds of watchers with interests of their own, each of which goes from server to server with the revision it has seen; now and
// then one stays away for so long that its past is compacted.
import { type Clock, defined, type Prng, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { REFUSED_PAUSE_MS } from '../limits.ts';
import { type WatchLine, watchStream } from '../workloads/watch-stream.ts';
import { digestOf, type Interest, type Jump, type Told } from './model.ts';
import { NAMESPACES, SHADE_LABEL, SHADES } from './writers.ts';

const SHORTEST_STREAM_MS = 3_000;
const LONGEST_STREAM_MS = 25_000;
const LONGEST_AWAY_MS = 1_500;
/** One move in so many is a long absence. */
const LONG_ABSENCE_ONE_IN = 60;
const LONG_ABSENCE_MS = 40_000;

export interface Watcher {
  readonly interest: Interest;
  readonly from: number;
  readonly told: Told;
  readonly jumps: readonly Jump[];
  /** Streams it has had. */
  readonly streams: number;
}

export interface WatchersOptions {
  readonly cluster: ClusterUnderTest;
  readonly watchers: number;
  /** Where all begin. */
  readonly revision: number;
  readonly clock: Clock;
  readonly random: Prng;
  readonly signal: AbortSignal;
  /** A refusal that no server may give, and what is no watch line. */
  readonly trouble: (what: string) => void;
}

export interface Watching {
  readonly watchers: readonly Watcher[];
  delivered(): number;
  /** Where the watchers of everything saw a key deleted. Sets of one, if all is well. */
  readonly deletions: ReadonlyMap<string, ReadonlySet<number>>;
  /** Every watcher ends when it has come to the revision that `lastOf` names for its interest. */
  finish(lastOf: (interest: Interest) => number): Promise<void>;
}

interface Own {
  readonly interest: Interest;
  readonly from: number;
  readonly told: { revisions: number[]; digests: number[] };
  readonly jumps: Jump[];
  streams: number;
  revision: number;
}

interface Shared {
  readonly options: WatchersOptions;
  readonly deletions: Map<string, Set<number>>;
  delivered: number;
  lastOf: (interest: Interest) => number;
}

export function startWatchers(options: WatchersOptions): Watching {
  const shared: Shared = { options, deletions: new Map(), delivered: 0, lastOf: () => Number.POSITIVE_INFINITY };
  const watchers = Array.from({ length: options.watchers }, (_, i): Own => {
    const told = { revisions: [], digests: [] };
    return { interest: interestOf(i), from: options.revision, told, jumps: [], streams: 0, revision: options.revision };
  });
  const all = Promise.all(watchers.map((watcher) => watch(watcher, shared, options.random.fork())));
  return {
    watchers,
    delivered: () => shared.delivered,
    deletions: shared.deletions,
    async finish(lastOf) {
      shared.lastOf = lastOf;
      await all;
    },
  };
}

/** A third watches everything, a third one namespace, a third two shades in all namespaces. */
function interestOf(i: number): Interest {
  const number = Math.floor(i / 3);
  if (i % 3 === 0) return { namespace: undefined, shades: undefined };
  if (i % 3 === 1) return { namespace: NAMESPACES[number % NAMESPACES.length], shades: undefined };
  const first = number % SHADES.length;
  const second = (first + 1 + (Math.floor(number / SHADES.length) % (SHADES.length - 1))) % SHADES.length;
  return {
    namespace: undefined,
    shades: [SHADES[first], SHADES[second]].map((shade) => defined(shade, 'a shade')),
  };
}

async function watch(own: Own, shared: Shared, random: Prng): Promise<void> {
  const { cluster, clock, signal } = shared.options;
  const isOver = (): boolean => signal.aborted || own.revision >= shared.lastOf(own.interest);
  while (!isOver()) {
    const server = random.pick(cluster.running.topology.servers);
    const lastsMs = SHORTEST_STREAM_MS + random.int(LONGEST_STREAM_MS - SHORTEST_STREAM_MS);
    const before = own.revision;
    await watchOnce(own, shared, `https://127.0.0.1:${server.port}`, lastsMs, isOver);
    own.streams += 1;
    if (isOver()) return;
    const isEnding = Number.isFinite(shared.lastOf(own.interest));
    const awayMs = random.int(LONG_ABSENCE_ONE_IN) === 0 ? LONG_ABSENCE_MS : random.int(LONGEST_AWAY_MS);
    await sleep(clock, isEnding || own.revision === before ? REFUSED_PAUSE_MS : awayMs, signal);
  }
}

async function watchOnce(own: Own, shared: Shared, url: string, lastsMs: number, isOver: () => boolean): Promise<void> {
  const { cluster, clock, trouble } = shared.options;
  const from = own.revision;
  let expired = false;
  await watchStream({
    url,
    path: `${listPath(own.interest)}&watch=true&allowWatchBookmarks=true&resourceVersion=${from}`,
    credentials: cluster.credentials,
    clock,
    lastsMs,
    line(line) {
      if (line.type === 'ERROR') {
        if (line.object.code === 410) expired = true;
        else trouble(`${url} from ${from}: ${line.object.code} ${line.object.message}`);
        return true;
      }
      take(own, shared, line);
      return isOver();
    },
    refused(status, text) {
      if (status === 410) expired = true;
      else trouble(`${url} from ${from}: ${status} ${text}`);
    },
  });
  if (expired) await beginAgain(own, shared, url);
}

function take(own: Own, shared: Shared, { type, object }: WatchLine): void {
  const revision = Number(object.metadata.resourceVersion);
  const { name, namespace = '' } = object.metadata;
  // The cluster's own objects are not the experiment's; and a bookmark may say less than was seen.
  if (type === 'BOOKMARK' || !/^(w\d+-\d+|last-)/.test(name)) {
    own.revision = Math.max(own.revision, revision);
    return;
  }
  own.revision = revision;
  const key = `${namespace}/${name}`;
  const event = { type: type as 'ADDED' | 'MODIFIED' | 'DELETED', key, value: object.data?.value ?? '' };
  own.told.revisions.push(revision);
  own.told.digests.push(digestOf(event));
  shared.delivered += 1;
  const seesAll = own.interest.namespace === undefined && own.interest.shades === undefined;
  if (type !== 'DELETED' || !seesAll) return;
  const seen = shared.deletions.get(key);
  if (seen === undefined) shared.deletions.set(key, new Set([revision]));
  else seen.add(revision);
}

/** Told that its past is gone. That is right only below the compacted revision; then it lists, and goes on from there. */
async function beginAgain(own: Own, { options: { cluster, trouble } }: Shared, url: string): Promise<void> {
  const server = defined(
    cluster.running.topology.servers.find(({ port }) => url.endsWith(`:${port}`)),
    url,
  );
  const client = cluster.clientOf(server.id);
  try {
    const status = await client.send('GET', '/quorate/v1/status');
    const list = await client.send('GET', `${listPath(own.interest)}&limit=1`);
    if (status.kind === 'ended' || list.kind === 'ended' || status.status !== 200 || list.status !== 200) return;
    const { compactedRevision } = JSON.parse(status.body) as { readonly compactedRevision: number };
    if (own.revision >= compactedRevision)
      trouble(`${url}: 410 at ${own.revision}, and only what is below ${compactedRevision} is compacted`);
    const { metadata } = JSON.parse(list.body) as { readonly metadata: { readonly resourceVersion: string } };
    own.jumps.push({ after: own.revision, upTo: Number(metadata.resourceVersion) });
    own.revision = Number(metadata.resourceVersion);
  } finally {
    client.close();
  }
}

function listPath({ namespace, shades }: Interest): string {
  const path = namespace === undefined ? '/api/v1/configmaps' : `/api/v1/namespaces/${namespace}/configmaps`;
  const selector = shades === undefined ? '' : encodeURIComponent(`${SHADE_LABEL} in (${shades.join(',')})`);
  return `${path}?labelSelector=${selector}`;
}
