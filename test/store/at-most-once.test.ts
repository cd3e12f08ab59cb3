// Random commands on three replicated stores while messages are lost and repeated, leaders change and processes crash:
// what was acknowledged is there, nothing is there twice, no read is stale, no watcher misses or repeats, and in the end
// all servers have the same state, to the hash.
import { describe, expect, it } from 'vitest';
import { type Prng, prng, silentLogger } from '../../src/lib/index.ts';
import {
  createReplicatedStore,
  type MemoryContents,
  memoryKeyValue,
  type ReplicatedStore,
  resourceRange,
} from '../../src/store/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { FakeCluster } from './fake-consensus.ts';
import { NO_ABORT, pod, put, RecordingSink, remove, rev } from './support.ts';

const IDS = ['a', 'b', 'c'];
const STEPS = 700;

interface Process {
  readonly store: ReplicatedStore;
  readonly contents: MemoryContents;
  readonly sink: RecordingSink;
  /** Where its watch began. */
  readonly from: number;
}

class World {
  readonly cluster: FakeCluster;
  readonly clock: ManualClock = manualClock();
  readonly random: Prng;
  readonly processes = new Map<string, Process>();
  readonly acknowledged: { readonly name: string; readonly revision: number }[] = [];
  readonly failures: string[] = [];
  newestAcknowledged = 0;
  incarnations = 0;
  operations = 0;
  staleReads = 0;
  unsettled = 0;
  reads = 0;
  crashes = 0;

  constructor(seed: number) {
    this.random = prng(seed);
    this.cluster = new FakeCluster(IDS, seed);
    this.cluster.automatic = false;
    this.cluster.troubles = { loss: 0.1, repeat: 0.1, leaderChange: 0.02 };
  }

  async startProcess(id: string, contents: MemoryContents): Promise<void> {
    this.incarnations += 1;
    const store = createReplicatedStore({
      consensus: this.cluster.join(id),
      keyValue: memoryKeyValue(contents),
      clock: this.clock,
      logger: silentLogger,
      fatal: (reason) => void this.failures.push(reason),
      origin: `${id}/${this.incarnations}`,
      defer: queueMicrotask,
    });
    await store.start();
    const sink = new RecordingSink();
    const { revision, compactedRevision } = store.status();
    const from = rev(compactedRevision + this.random.int(revision - compactedRevision + 1));
    store.watch({ range: resourceRange('pods'), from }, sink);
    this.processes.set(id, { store, contents, sink, from });
  }

  /** The process is gone at once: what its database had is what the next one finds. */
  async crash(id: string): Promise<void> {
    const process = this.processes.get(id);
    if (process === undefined) return;
    this.crashes += 1;
    const contents = new Map(process.contents);
    this.checkWatch(process);
    this.cluster.members.get(id)?.disconnect();
    await process.store.stop();
    await this.startProcess(id, contents);
  }

  write(): void {
    const { store } = this.random.pick([...this.processes.values()]);
    this.operations += 1;
    const name = `op-${this.operations}`;
    const abort = new AbortController();
    const command = put(pod(name), 'x');
    // Churn beside the unique names: keys that are overwritten and deleted.
    const shared = pod(`shared-${this.random.int(5)}`);
    const extra = this.random.chance(0.5) ? put(shared, name).writes : remove(shared).writes;
    this.unsettled += 1;
    store.commit({ conditions: [], writes: [...command.writes, ...extra] }, abort.signal).then(
      (outcome) => {
        this.unsettled -= 1;
        if (outcome.kind !== 'committed') throw new Error('an unconditional command was refused');
        this.acknowledged.push({ name, revision: outcome.objects[0]?.revision ?? 0 });
        this.newestAcknowledged = Math.max(this.newestAcknowledged, outcome.revision);
      },
      () => {
        this.unsettled -= 1;
      },
    );
    if (this.random.chance(0.1)) abort.abort();
  }

  read(): void {
    const { store } = this.random.pick([...this.processes.values()]);
    const atLeast = this.newestAcknowledged;
    this.reads += 1;
    this.unsettled += 1;
    store.readBarrier(NO_ABORT).then(
      () => {
        this.unsettled -= 1;
        if (store.snapshot().revision < atLeast) this.staleReads += 1;
      },
      () => {
        this.unsettled -= 1;
      },
    );
  }

  async step(): Promise<void> {
    const choice = this.random.int(100);
    if (choice < 30) this.write();
    else if (choice < 40) this.read();
    else if (choice < 41) await this.crash(this.random.pick(IDS));
    this.cluster.step();
    this.cluster.step();
    // Now and then much time passes, so that the past is compacted on the way.
    this.clock.advance(this.random.chance(0.1) ? 8_000 : 20);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async heal(): Promise<void> {
    this.cluster.troubles = { loss: 0, repeat: 0, leaderChange: 0 };
    this.cluster.elect(this.cluster.voters[0]);
    for (let turn = 0; turn < 200; turn++) {
      this.cluster.deliverAll();
      this.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Every event since the watch began, once and in order: all that is written here is in its range. */
  checkWatch({ sink, from }: Process): void {
    const revisions = sink.events_.map((event) => event.revision);
    expect(revisions).toEqual(revisions.map((_, i) => from + 1 + i));
  }
}

async function run(seed: number): Promise<World> {
  const world = new World(seed);
  for (const id of IDS) await world.startProcess(id, new Map());
  for (let step = 0; step < STEPS; step++) await world.step();
  await world.heal();
  return world;
}

function check(world: World): void {
  const stores = [...world.processes.values()].map((process) => process.store);
  expect(world.failures).toEqual([]);
  expect(world.staleReads).toBe(0);
  expect(world.unsettled, 'every caller was answered').toBe(0);
  expect(stores.map((store) => store.status().reason)).toEqual([undefined, undefined, undefined]);
  expect(new Set(stores.map((store) => store.stateHash())).size).toBe(1);
  for (const store of stores) {
    const snapshot = store.snapshot();
    for (const { name, revision } of world.acknowledged) {
      expect(snapshot.get(pod(name))?.revision, `${name} is where it was acknowledged`).toBe(revision);
    }
    for (const object of snapshot.scan(resourceRange('pods', 'default'))) {
      const applied = object.key.includes('/op-') ? object.createRevision : object.revision;
      expect(object.revision, `${object.key} was applied once`).toBe(applied);
    }
    for (let revision = store.status().compactedRevision; revision <= snapshot.revision; revision++) {
      expect(store.snapshot(rev(revision)).revision).toBeGreaterThanOrEqual(revision);
    }
  }
  for (const process of world.processes.values()) {
    world.checkWatch(process);
    expect(process.sink.events_).toHaveLength(process.store.snapshot().revision - process.from);
  }
}

describe('three replicated stores under loss, repetition, leader changes and crashes', () => {
  let crashes = 0;
  let compacted = 0;

  for (let seed = 1; seed <= 12; seed++) {
    it(`apply everything acknowledged exactly once and agree in the end (seed ${seed})`, async () => {
      const world = await run(seed);
      expect(world.acknowledged.length).toBeGreaterThan(50);
      expect(world.reads).toBeGreaterThan(30);
      crashes += world.crashes;
      compacted += [...world.processes.values()][0]?.store.status().compactedRevision ?? 0;
      check(world);
      for (const { store } of world.processes.values()) await store.stop();
    });
  }

  it('met crashes and compactions on the way', () => {
    expect(crashes).toBeGreaterThan(12);
    expect(compacted).toBeGreaterThan(100);
  });
});
