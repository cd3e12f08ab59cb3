// Clients and watchers work on a cluster while one fault after the other is done to it; everything they ask and see is
// recorded, and judged at the end.
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { type Clock, type Prng, prng, sleep, UserError } from '../../src/lib/index.ts';
import { checkFamilies, type PartEvent } from '../checker/families.ts';
import { checkLinearizable, type Verdict } from '../checker/linearizability.ts';
import { checkWatches } from '../checker/watches.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { type Battlefield, type FaultRecord, inject } from '../faults/inject.ts';
import { type FaultKind, faultPlan } from '../faults/plan.ts';
import { writeHistory } from '../history/file.ts';
import { isRegisterWrite, type Operation, type Part } from '../history/operation.ts';
import type { PlainClient } from '../http.ts';
import {
  CALM_AFTER_FAULT_MS,
  CALM_BEFORE_FAULT_MS,
  LAST_EVENT_TIMEOUT_MS,
  SETTLE_MS,
  SOAK_REQUEST_TIMEOUT_MS,
} from '../limits.ts';
import type { PeerNetwork } from '../network/peer-network.ts';
import { familyLoop, partsLoop, watchFamilies } from '../workloads/families.ts';
import { NAMESPACE, REGISTERS, type RecordedClient, recordedClient } from '../workloads/recorded-client.ts';
import { type LoopOptions, registerLoop, setLoop } from '../workloads/registers.ts';
import { type WatchedEvent, watchAll } from '../workloads/watcher.ts';
import { stateTroubles } from './equality.ts';
import type { Load } from './load.ts';
import { Seating } from './seats.ts';

export interface SoakOptions {
  readonly seed: number;
  /** The kinds of faults, each as often as it comes in a round. */
  readonly kinds: readonly FaultKind[];
  /** The clients and watchers at work. */
  readonly load: Load;
  /** It ends after the first fault that began by then … */
  readonly lastsMs: number;
  /** … or after so many faults. */
  readonly faultsMax: number;
  /** For the history and what watchers saw; exists. */
  readonly folder: string;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
}

export interface SoakResult {
  readonly seed: number;
  readonly history: readonly Operation[];
  readonly faults: readonly FaultRecord[];
  readonly events: number;
  readonly linearizable: Verdict;
  /** What watchers missed, saw twice, or saw otherwise. */
  readonly watchTroubles: readonly string[];
  /** Commands of several writes of which a part was seen. */
  readonly partTroubles: readonly string[];
  /** Such commands that were acknowledged. */
  readonly families: number;
  /** Where servers do not hold the same at the end. */
  readonly stateTroubles: readonly string[];
  readonly checkedInMs: number;
  /** From the first operation to the last. */
  readonly lastedMs: number;
}

export async function soak(cluster: ClusterUnderTest, network: PeerNetwork, options: SoakOptions): Promise<SoakResult> {
  const random = prng(options.seed);
  const begunMs = options.clock.monotonic();
  const books = openBooks(options);
  await createNamespace(cluster);
  const end = new AbortController();
  // Before anybody writes: what was written earlier, no watcher would be told.
  const begunAt = await presentRevision(cluster);
  const watching = startWatchers(cluster, options, begunAt, random.fork(), books);
  const signal = AbortSignal.any([end.signal, cluster.stopping]);
  const loops = startClients(cluster, options, random.fork(), books, signal);
  await sleep(options.clock, SETTLE_MS, signal);
  const faults = await doFaults(
    { cluster, network, clock: options.clock, readNewest: newestReader(cluster, books) },
    options,
    random.fork(),
  );
  end.abort();
  await loops;
  const last = await lastLook(cluster, books, options.load);
  // The watchers of parts have reached the last write when they are told of a family after it.
  if (options.load.families > 0) await books.client(cluster.balancedClient(), 'balancer').compose('family-last');
  await watching.finish(last);
  const differences = await stateTroubles(cluster, options.clock);
  books.close();
  const { clock } = options;
  const lastedMs = clock.monotonic() - begunMs;
  const checkedFrom = clock.monotonic();
  const linearizable = checkLinearizable(books.history);
  const watchTroubles = [...watching.troubles, ...checkWatches(books.history, watching.events, last)];
  const partTroubles = checkFamilies(books.history, watching.parts, last);
  return {
    seed: options.seed,
    history: books.history,
    faults,
    events: watching.events.reduce((sum, events) => sum + events.length, 0),
    linearizable,
    watchTroubles,
    partTroubles,
    families: books.history.filter(({ type, outcome }) => type === 'compose' && outcome === 'ok').length,
    stateTroubles: differences,
    checkedInMs: clock.monotonic() - checkedFrom,
    lastedMs,
  };
}

interface Books {
  readonly history: Operation[];
  client(plain: PlainClient, via: string): RecordedClient;
  watched(event: WatchedEvent): void;
  close(): void;
}

function openBooks({ clock, folder }: SoakOptions): Books {
  const writer = writeHistory(join(folder, 'history.jsonl'));
  const watches = writeHistory(join(folder, 'watches.jsonl'));
  const history: Operation[] = [];
  let processes = 0;
  const record = (operation: Operation): void => {
    history.push(operation);
    writer.append(operation);
  };
  const plains: PlainClient[] = [];
  return {
    history,
    client(plain, via) {
      plains.push(plain);
      return recordedClient({ client: plain, via, clock, nextProcess: () => processes++, record });
    },
    watched: (event) => watches.append(event),
    close() {
      for (const plain of plains) plain.close();
      writer.close();
      watches.close();
    },
  };
}

async function createNamespace(cluster: ClusterUnderTest): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  const answer = await cluster.balancer.send('POST', '/api/v1/namespaces', body);
  if (answer.kind === 'answered' && answer.status === 201) return;
  throw new UserError(`namespace ${NAMESPACE} could not be created: ${JSON.stringify(answer)}`, 'Run it again.');
}

/** Pinned clients, as many at each server, one of them at each filling sets; and roaming ones. */
async function startClients(
  cluster: ClusterUnderTest,
  { clock, load }: SoakOptions,
  random: Prng,
  books: Books,
  signal: AbortSignal,
): Promise<void> {
  // Every client that rests listens to it.
  setMaxListeners(0, signal);
  const loop = (client: () => RecordedClient, name: string): LoopOptions => ({
    client,
    name,
    clock,
    pauseMs: load.pauseMs,
    random: random.fork(),
    signal,
  });
  const seats = new Seating({
    cluster,
    connect: (server) => cluster.clientOf(server, SOAK_REQUEST_TIMEOUT_MS),
    record: (plain, via) => books.client(plain, via),
  });
  const sets = cluster.serving().map(() => seats.take());
  const pinned = Array.from({ length: load.pinned }, () => seats.take());
  const roaming = Array.from({ length: load.roaming }, () => {
    const client = books.client(cluster.balancedClient(SOAK_REQUEST_TIMEOUT_MS), 'balancer');
    return () => client;
  });
  await Promise.all([
    ...pinned.map((client, i) => registerLoop(loop(client, `p${i}`), load.keys)),
    ...sets.map((client, i) => setLoop(loop(client, `s${i}`))),
    ...roaming.map((client, i) => registerLoop(loop(client, `b${i}`), load.keys)),
    ...startFamilies(load, seats, loop),
  ]);
}

/** One client creates families, others read their parts. */
function startFamilies(
  { families }: Load,
  seats: Seating,
  loop: (client: () => RecordedClient, name: string) => LoopOptions,
): readonly Promise<void>[] {
  if (families === 0) return [];
  const begun: string[] = [];
  return [
    familyLoop(loop(seats.take(), 'f'), (family) => begun.push(family)),
    ...Array.from({ length: families }, (_, i) => partsLoop(loop(seats.take(), `f${i}`), begun)),
  ];
}

interface Watching {
  readonly events: readonly (readonly WatchedEvent[])[];
  /** What watchers of families' parts were told. */
  readonly parts: readonly PartEvent[];
  readonly troubles: readonly string[];
  /** Waits until all have come to that revision. */
  finish(revision: number): Promise<void>;
}

async function presentRevision(cluster: ClusterUnderTest): Promise<number> {
  const answer = await cluster.balancer.send('GET', `/api/v1/namespaces/${NAMESPACE}/configmaps`);
  if (answer.kind !== 'answered') throw new UserError(`no watch could begin: ${answer.reason}`, 'Run it again.');
  const { metadata } = JSON.parse(answer.body) as { readonly metadata: { readonly resourceVersion: string } };
  return Number(metadata.resourceVersion);
}

function startWatchers(
  cluster: ClusterUnderTest,
  options: SoakOptions,
  revision: number,
  random: Prng,
  books: Books,
): Watching {
  const { clock } = options;
  const urls = (): readonly string[] => cluster.serving().map((server) => cluster.urlOf(server));
  const stop = new AbortController();
  const events: WatchedEvent[][] = [];
  const parts: PartEvent[] = [];
  const troubles: string[] = [];
  const trouble = (what: string): void => void troubles.push(what);
  let last = Number.POSITIVE_INFINITY;
  const all = Array.from({ length: options.load.watchers }, async (_, watcher) => {
    const seen: WatchedEvent[] = [];
    events.push(seen);
    const event = (told: WatchedEvent): void => {
      // The cluster's own objects are not the experiment's.
      if (!/^(register|set)-/.test(told.key)) return;
      seen.push(told);
      books.watched(told);
    };
    const signal = AbortSignal.any([stop.signal, cluster.stopping]);
    const common = { watcher, urls, credentials: cluster.credentials, clock, random: random.fork(), signal };
    const collection = `${REGISTERS}?`;
    await watchAll({ ...common, collection, keyOf: (name) => name, revision, event, trouble }, () => last);
  });
  if (options.load.families > 0) {
    const event = (part: Part, told: WatchedEvent): void => {
      parts.push({ part, family: told.key, revision: told.revision });
      books.watched({ ...told, key: `${part} of ${told.key}` });
    };
    const signal = AbortSignal.any([stop.signal, cluster.stopping]);
    const common = {
      watcher: all.length,
      urls,
      credentials: cluster.credentials,
      clock,
      random: random.fork(),
      signal,
    };
    all.push(watchFamilies({ ...common, revision, event, trouble }, () => last));
  }
  return {
    events,
    parts,
    troubles,
    async finish(revision) {
      last = revision;
      const patience = clock.timer(LAST_EVENT_TIMEOUT_MS, () => stop.abort());
      await Promise.all(all);
      patience.cancel();
    },
  };
}

/** Reads what was written last, by anybody, as the history has it. */
function newestReader(cluster: ClusterUnderTest, books: Books): (server: string) => Promise<void> {
  return async (server) => {
    const newest = books.history.findLast((operation) => operation.outcome === 'ok' && isRegisterWrite(operation));
    const plain = cluster.clientOf(server, SOAK_REQUEST_TIMEOUT_MS);
    await books.client(plain, server).read(newest?.key ?? 'register-0');
    plain.close();
  };
}

async function doFaults(field: Battlefield, options: SoakOptions, random: Prng): Promise<readonly FaultRecord[]> {
  const { clock, progress } = options;
  const { cluster } = field;
  const plan = faultPlan(random, options.kinds);
  const until = clock.monotonic() + options.lastsMs;
  const faults: FaultRecord[] = [];
  while (clock.monotonic() < until && faults.length < options.faultsMax && !cluster.stopping.aborted) {
    await sleep(clock, CALM_BEFORE_FAULT_MS, cluster.stopping);
    const record = await inject(field, plan.next().value);
    faults.push(record);
    const seconds = ((record.wholeMs - record.fromMs) / 1000).toFixed(1);
    const told = record.told === undefined ? '' : `; ${record.told}`;
    progress(`${faults.length}: ${record.kind} (${record.leader} led${told}), whole again after ${seconds} s`);
    await sleep(clock, CALM_AFTER_FAULT_MS, cluster.stopping);
  }
  return faults;
}

/** Every register is read at every server, then a last write; answers its revision. */
async function lastLook(cluster: ClusterUnderTest, books: Books, { keys }: Load): Promise<number> {
  await cluster.whole();
  await Promise.all(
    cluster.running.topology.servers.map(async ({ id }) => {
      const client = books.client(cluster.clientOf(id), id);
      for (let key = 0; key < keys; key += 1) await client.read(`register-${key}`);
    }),
  );
  const last = await books.client(cluster.balancedClient(), 'balancer').create('register-last', 'last');
  if (last.outcome === 'ok' && last.type === 'create' && last.result?.revision !== undefined)
    return last.result.revision;
  throw new UserError(`the last write did not succeed: ${last.error}`, 'Read the logs of the servers.');
}
