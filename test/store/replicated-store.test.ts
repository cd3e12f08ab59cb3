// The replicated store keeps the contract of the port, and survives what a network and a leader can do to it.
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/lib/index.ts';
import {
  createReplicatedStore,
  type KeyValue,
  type MemoryContents,
  memoryKeyValue,
  type ReplicatedStore,
  resourceRange,
  StateDamageError,
  StoreTimeoutError,
} from '../../src/store/index.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';
import { describeStoreContract } from './contract.ts';
import { FakeCluster, type FakeMember } from './fake-consensus.ts';
import { committed, eventually, NO_ABORT, pod, put, RecordingSink, remove } from './support.ts';

interface Member {
  readonly store: ReplicatedStore;
  readonly consensus: FakeMember;
  readonly fatal: string[];
}

let incarnation = 0;

function member(
  cluster: FakeCluster,
  id: string,
  clock: ManualClock,
  contents: MemoryContents = new Map(),
  keyValue: KeyValue = memoryKeyValue(contents),
): Member {
  incarnation += 1;
  const consensus = cluster.join(id);
  const fatal: string[] = [];
  const store = createReplicatedStore({
    consensus,
    keyValue,
    clock,
    logger: silentLogger,
    fatal: (reason) => void fatal.push(reason),
    origin: `${id}/${incarnation}`,
  });
  return { store, consensus, fatal };
}

function moveRecord(contents: MemoryContents, from: string, to: string): void {
  contents.set(to, contents.get(from) ?? Buffer.alloc(0));
  contents.delete(from);
}

async function ready({ store }: Member): Promise<void> {
  await eventually(() => store.status().ready, 'the store is ready');
}

describeStoreContract('replicated store', async () => {
  const clock = manualClock();
  const cluster = new FakeCluster(['a', 'b', 'c']);
  const first = member(cluster, 'a', clock);
  await first.store.start();
  await ready(first);
  return { store: first.store, advance: (ms) => clock.advance(ms) };
});

describe('a replicated store', () => {
  it('sends all commits of one turn in one proposal', async () => {
    const cluster = new FakeCluster(['a']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    const before = a.consensus.proposals;
    await Promise.all(Array.from({ length: 50 }, (_, i) => committed(a.store, put(pod(`p${i}`), 'x'))));
    expect(a.consensus.proposals).toBe(before + 1);
    await a.store.stop();
  });

  it('is ready only when a leader is known and it has caught up, and says why not', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    cluster.leader = undefined;
    const a = member(cluster, 'a', manualClock());
    const seen: (string | undefined)[] = [];
    expect(a.store.status()).toMatchObject({ ready: false, reason: 'starting' });
    await a.store.start();
    a.store.onStatusChange((status) => seen.push(status.reason));
    expect(a.store.status().reason).toMatch(/no leader/);
    cluster.elect(cluster.voters[1]);
    await ready(a);
    expect(seen).toEqual(['catching up with the leader', expect.stringMatching(/joining/), undefined]);
    await a.store.stop();
  });

  it('commits what was accepted while there was no leader, once there is one', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    cluster.elect(undefined);
    const outcome = committed(a.store, put(pod('a'), 'one'));
    const read = a.store.readBarrier(NO_ABORT);
    await eventually(() => !a.store.status().ready, 'the loss of the leader');
    cluster.elect(cluster.voters[1]);
    expect((await outcome).revision).toBe(1);
    expect(await read).toBeGreaterThanOrEqual(0);
    await a.store.stop();
  });

  it('answers no read barrier before what it asks for is applied', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    cluster.automatic = false;
    cluster.append('noop', new Uint8Array());
    let read = false;
    const barrier = a.store.readBarrier(NO_ABORT).then(() => {
      read = true;
    });
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    await settle();
    a.consensus.answerReads();
    await settle();
    expect(read).toBe(false);
    a.consensus.deliver(1);
    await barrier;
    await a.store.stop();
  });

  it('drops the content of a commit that its caller gave up before it was sent, and goes on', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    cluster.elect(undefined);
    const abort = new AbortController();
    const given = a.store.commit(put(pod('given-up'), 'x'), abort.signal);
    abort.abort();
    await expect(given).rejects.toBeInstanceOf(StoreTimeoutError);
    cluster.elect(cluster.voters[0]);
    await committed(a.store, put(pod('next'), 'x'));
    expect(a.store.snapshot().get(pod('given-up'))).toBeUndefined();
    await a.store.stop();
  });

  it('tells an unknown outcome when its caller gives up later, and keeps the session going', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    cluster.automatic = false;
    const abort = new AbortController();
    const given = a.store.commit(put(pod('unknown'), 'x'), abort.signal);
    const before = a.consensus.proposals;
    await eventually(() => a.consensus.proposals > before, 'the proposal');
    abort.abort();
    await expect(given).rejects.toThrow(/outcome of the command is unknown/);
    cluster.automatic = true;
    cluster.wake();
    await committed(a.store, put(pod('next'), 'x'));
    expect(a.store.snapshot().get(pod('unknown'))).toBeDefined();
    await a.store.stop();
  });

  it('sends everything again, in order, when a gap shows that one was lost', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    const propose = a.consensus.propose.bind(a.consensus);
    const before = a.consensus.proposals;
    let lost = 0;
    a.consensus.propose = (commands) => {
      const kept = lost === 0 ? commands.slice(1) : commands;
      lost += 1;
      propose(kept);
    };
    const outcomes = await Promise.all([1, 2, 3, 4].map((i) => committed(a.store, put(pod(`p${i}`), 'x'))));
    expect(outcomes.map((outcome) => outcome.revision)).toEqual([1, 2, 3, 4]);
    expect(a.consensus.proposals - before).toBe(2);
    await a.store.stop();
  });

  it('begins one new pass for all the gaps of the one before', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    const propose = a.consensus.propose.bind(a.consensus);
    a.consensus.propose = (commands) => {
      a.consensus.propose = propose;
      propose(commands.slice(1));
    };
    cluster.automatic = false;
    const outcomes = Promise.all([1, 2, 3, 4].map((i) => committed(a.store, put(pod(`p${i}`), 'x'))));
    const before = a.consensus.proposals;
    await eventually(() => a.consensus.proposals > before, 'the first pass');
    cluster.arriveAll();
    for (let gap = 0; gap < 3; gap++) {
      a.consensus.deliver(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(a.consensus.proposals - before).toBe(2);
    cluster.automatic = true;
    cluster.wake();
    await outcomes;
    await a.store.stop();
  });

  it('sends everything again at once when another leads', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    const propose = a.consensus.propose.bind(a.consensus);
    let lost = 0;
    a.consensus.propose = () => {
      lost += 1;
    };
    const outcome = committed(a.store, put(pod('a'), 'one'));
    await eventually(() => lost > 0, 'the loss');
    a.consensus.propose = propose;
    cluster.elect(cluster.voters[1]);
    expect((await outcome).revision).toBe(1);
    await a.store.stop();
  });

  it('sends again by itself what was lost without anybody noticing', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const clock = manualClock();
    const a = member(cluster, 'a', clock);
    await a.store.start();
    await ready(a);
    const propose = a.consensus.propose.bind(a.consensus);
    let dropped = 0;
    a.consensus.propose = () => {
      dropped += 1;
    };
    const outcome = committed(a.store, put(pod('a'), 'one'));
    await eventually(() => dropped > 0, 'the loss');
    a.consensus.propose = propose;
    clock.advance(10_000);
    expect((await outcome).revision).toBe(1);
    await a.store.stop();
  });

  it('comes back from its state database and the rest of the log, with history and hash', async () => {
    const cluster = new FakeCluster(['a', 'b']);
    const clock = manualClock();
    const contents: MemoryContents = new Map();
    const a = member(cluster, 'a', clock, contents);
    const b = member(cluster, 'b', clock);
    await Promise.all([a.store.start(), b.store.start()]);
    await Promise.all([ready(a), ready(b)]);
    for (let i = 0; i < 30; i++) await committed(a.store, put(pod(`p${i % 7}`), `${i}`));
    await committed(a.store, remove(pod('p3')));
    await a.store.stop();
    for (let i = 0; i < 5; i++) await committed(b.store, put(pod('later'), `${i}`));

    const again = member(cluster, 'a', clock, contents);
    await again.store.start();
    await ready(again);
    await b.store.readBarrier(NO_ABORT);
    expect(again.store.stateHash()).toBe(b.store.stateHash());
    const sink = new RecordingSink();
    again.store.watch({ range: resourceRange('pods'), from: 0 as never }, sink);
    await eventually(() => sink.events_.length === 36, 'the replay of all events');
    expect(sink.events_.map((event) => event.revision)).toEqual(Array.from({ length: 36 }, (_, i) => i + 1));
    await Promise.all([again.store.stop(), b.store.stop()]);
  });

  it('evicts the session of its own older incarnation, and refuses what that one still sends', async () => {
    const cluster = new FakeCluster(['a']);
    const clock = manualClock();
    const contents: MemoryContents = new Map();
    const old = member(cluster, 'a', clock, contents);
    await old.store.start();
    await ready(old);
    cluster.automatic = false;
    const late = old.store.commit(put(pod('late'), 'x'), NO_ABORT);
    const rejected = expect(late).rejects.toThrow(/stopped/);
    await new Promise((resolve) => setImmediate(resolve));
    const again = member(cluster, 'a', clock, contents);
    await old.store.stop();
    await rejected;
    // What the old incarnation sent is held back until the new one is registered.
    const held = cluster.hold();
    cluster.automatic = true;
    await again.store.start();
    await ready(again);
    cluster.release(held);
    await committed(again.store, put(pod('new'), 'x'));
    expect(again.store.snapshot().get(pod('late'))).toBeUndefined();
    await again.store.stop();
  });

  it('stops the server when the state database cannot be written', async () => {
    const cluster = new FakeCluster(['a']);
    const clock = manualClock();
    const broken = { ...memoryKeyValue(), batch: () => Promise.reject(new Error('no space left on device')) };
    const a = member(cluster, 'a', clock, new Map(), broken);
    await a.store.start();
    await eventually(() => a.store.status().appliedIndex > 0, 'something to write');
    clock.advance(1000);
    await eventually(() => a.fatal.length > 0, 'the failure');
    expect(a.fatal).toEqual(['the state database cannot be written: no space left on device']);
    expect(a.store.status()).toMatchObject({ ready: false, reason: a.fatal[0] });
    await a.store.stop();
  });

  it('does not call a stop clean whose last write failed', async () => {
    const cluster = new FakeCluster(['a']);
    const memory = memoryKeyValue();
    let broken = false;
    const keyValue: KeyValue = {
      ...memory,
      batch: (operations) => (broken ? Promise.reject(new Error('EIO')) : memory.batch(operations)),
    };
    const a = member(cluster, 'a', manualClock(), new Map(), keyValue);
    await a.store.start();
    await ready(a);
    await committed(a.store, put(pod('a'), 'x'));
    broken = true;
    await a.store.stop();
    expect(a.fatal).toEqual(['the state database cannot be written: EIO']);
  });

  it('stops the server at a command of a format that it does not know', async () => {
    const cluster = new FakeCluster(['a']);
    const a = member(cluster, 'a', manualClock());
    await a.store.start();
    await ready(a);
    cluster.append('command', Uint8Array.of(99, 1, 0, 0, 0, 0));
    cluster.wake();
    await eventually(() => a.fatal.length > 0, 'the failure');
    expect(a.fatal[0]).toMatch(/newer version/);
    await a.store.stop();
  });

  it('never writes what it applied before an entry of the same delivery failed', async () => {
    const cluster = new FakeCluster(['a']);
    const contents: MemoryContents = new Map();
    const clock = manualClock();
    const a = member(cluster, 'a', clock, contents);
    await a.store.start();
    await ready(a);
    cluster.automatic = false;
    const given = a.store.commit(put(pod('half'), 'x'), NO_ABORT).catch(() => 'stopped');
    await eventually(() => a.consensus.proposals > 1, 'the proposal');
    cluster.arriveAll();
    cluster.append('command', Uint8Array.of(99, 1, 0, 0, 0, 0));
    cluster.deliverAll();
    expect(a.fatal[0]).toMatch(/newer version/);
    clock.advance(10_000);
    await a.store.stop();
    await given;
    expect([...contents.keys()].filter((key) => key.startsWith(Buffer.from('v').toString('hex')))).toEqual([]);
  });

  it('refuses to start from a database that lost, changed or moved any record', async () => {
    const clock = manualClock();
    const contents: MemoryContents = new Map();
    const cluster = new FakeCluster(['a']);
    const a = member(cluster, 'a', clock, contents);
    await a.store.start();
    await ready(a);
    for (let i = 0; i < 20; i++) await committed(a.store, put(pod(`p${i % 5}`), `${i}`));
    await committed(a.store, remove(pod('p1')));
    await a.store.stop();
    const keys = [...contents.keys()];
    expect(keys.length).toBe(23);
    const damages = keys.flatMap((key) => [
      (copy: MemoryContents) => void copy.delete(key),
      (copy: MemoryContents) => {
        const value = Buffer.from(copy.get(key) ?? '');
        const at = value.length >> 1;
        value[at] = (value[at] ?? 0) ^ 4;
        copy.set(key, value);
      },
      (copy: MemoryContents) => moveRecord(copy, key, key.slice(0, -2)),
      (copy: MemoryContents) => moveRecord(copy, key, `${key}00`),
    ]);
    for (const damage of damages) {
      const copy = new Map(contents);
      damage(copy);
      const again = member(cluster, 'a', clock, copy);
      await expect(again.store.start()).rejects.toBeInstanceOf(StateDamageError);
      await again.store.stop();
    }
    const healthy = member(cluster, 'a', clock, contents);
    await healthy.store.start();
    await ready(healthy);
    await healthy.store.stop();
  });
});
