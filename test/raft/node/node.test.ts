// The driver between its ports: what it batches, when it tells, what it holds back, and what makes it give up.
import { describe, expect, it } from 'vitest';
import type { LogIndex, Message } from '../../../raft/node/index.ts';
import { APPLY_BACKLOG_LIMIT_BYTES, PROPOSAL_QUEUE_LIMIT_BYTES } from '../../../raft/node/limits.ts';
import { COMMAND_LIMIT_BYTES, defined } from '../../../src/lib/index.ts';
import { startedWorld, type World } from './node-world.ts';

const text = (value: string): Uint8Array => Buffer.from(value, 'latin1');
const count = (world: World, kind: Message['kind']): number =>
  world.sent.filter((message) => message.kind === kind).length;

describe('members at rest', () => {
  it('keep their leader for a minute, with a heartbeat each 200 ms and hardly a timer beside', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const { term } = leader.consensus.status();
    const clock = world.clock;
    const { timer } = clock;
    let timers = 0;
    const heartbeats = count(world, 'heartbeatRequest');
    clock.timer = (delayMs, fire) => {
      if (delayMs < 250) timers += 1;
      return timer(delayMs, fire);
    };
    world.run(60_000);
    expect(world.members.map((member) => member.consensus.status().term)).toEqual([term, term, term]);
    expect(count(world, 'heartbeatRequest') - heartbeats).toBeGreaterThanOrEqual(2 * 295);
    // The leader five in a second, its followers as many.
    expect(timers).toBeLessThan(60 * 16);
  });
});

describe('proposals', () => {
  it('of one turn, from several calls, are written in one batch', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const before = leader.writer.jobs;
    for (let at = 0; at < 50; at += 1) leader.consensus.propose([text(`a${at}`), text(`b${at}`)]);
    world.settle();
    expect(leader.writer.jobs - before).toBe(1);
    expect(leader.commands).toHaveLength(100);
  });

  it('at a follower reach the leader in one message and are applied everywhere, in one order', async () => {
    const world = await startedWorld();
    world.elect();
    const [follower] = world.followers();
    for (let at = 0; at < 20; at += 1) follower.consensus.propose([text(`${at}`)]);
    world.run(200);
    expect(count(world, 'forwardedProposal')).toBe(1);
    for (const member of world.members) expect(member.commands).toEqual(Array.from({ length: 20 }, (_, at) => `${at}`));
  });

  it('are not applied anywhere before a majority has them on disk', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const [first, second] = world.followers();
    first.writer.held = true;
    second.writer.held = true;
    leader.consensus.propose([text('a')]);
    world.run(300);
    expect(world.members.flatMap((member) => member.commands)).toEqual([]);
    first.writer.release();
    world.run(300);
    expect([leader.commands, first.commands, second.commands]).toEqual([['a'], ['a'], []]);
    second.writer.release();
    world.run(300);
    expect(second.commands).toEqual(['a']);
  });

  it('are applied at a member only when they are on its own disk too', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    leader.writer.held = true;
    leader.consensus.propose([text('a')]);
    world.run(300);
    expect(world.followers().map((member) => member.commands)).toEqual([['a'], ['a']]);
    expect(leader.commands).toEqual([]);
    leader.writer.release();
    world.run(50);
    expect(leader.commands).toEqual(['a']);
  });
});

describe('proposals beyond the queue of one turn', () => {
  it('are refused, which the epoch tells their owner, and the others are in order', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const size = COMMAND_LIMIT_BYTES;
    const fit = Math.floor(PROPOSAL_QUEUE_LIMIT_BYTES / size);
    const { epoch } = leader;
    for (let at = 0; at < fit + 2; at += 1) leader.consensus.propose([new Uint8Array(size).fill(at)]);
    world.run(500);
    const applied = leader.applied.filter((entry) => entry.kind === 'command').map((entry) => entry.data[0]);
    expect(applied).toEqual(Array.from({ length: fit }, (_, at) => at));
    expect(leader.epoch).toBeGreaterThan(epoch);
  });
});

describe('read questions', () => {
  it('of one turn share one question to the leader', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const [follower] = world.followers();
    const answers = Promise.all(Array.from({ length: 100 }, () => follower.consensus.readIndex()));
    world.run(300);
    const indexes = await answers;
    expect(new Set(indexes)).toEqual(new Set([leader.appliedIndex]));
    expect(count(world, 'readIndexRequest')).toBe(1);
  });

  it('that fail because the leader is lost and found again within a turn are asked again', async () => {
    const world = await startedWorld();
    world.elect();
    const [follower] = world.followers();
    world.passes = (message) => message.kind !== 'readIndexRequest';
    let answered: LogIndex | undefined;
    void follower.consensus.readIndex().then((index) => {
      answered = index;
    });
    world.run(20);
    world.passes = () => true;
    const heartbeat = world.sent.findLast(({ kind, to }) => kind === 'heartbeatRequest' && to === follower.id);
    world.flickers(follower, defined(heartbeat, 'a heartbeat'));
    world.run(300);
    await Promise.resolve();
    expect(answered).toBeDefined();
  });

  it('that are lost with their leader are asked again of the next one', async () => {
    const world = await startedWorld();
    const old = world.elect();
    const [follower] = world.followers();
    world.passes = (message) => message.from !== old.id && message.to !== old.id;
    const answer = follower.consensus.readIndex();
    world.run(3_000);
    expect(await answer).toBeGreaterThan(0);
    expect(follower.consensus.status().leader).not.toBe(old.id);
  });

  it('are answered with nothing when the member stops', async () => {
    const world = await startedWorld();
    world.passes = () => false;
    const [member] = world.followers();
    const answer = member.consensus.readIndex();
    world.run(100);
    const stopping = member.consensus.stop();
    expect(await answer).toBeUndefined();
    let stopped = false;
    void stopping.then(() => {
      stopped = true;
    });
    while (!stopped) {
      world.settle();
      await Promise.resolve();
    }
    expect(member.stopped).toBe(true);
  });
});

describe('the epoch', () => {
  it('rises when the connection to the leader is made anew, and not for another peer', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const [follower, other] = world.followers();
    const before = follower.epoch;
    world.connected(follower, other.id);
    expect(follower.epoch).toBe(before);
    world.connected(follower, leader.id);
    expect(follower.epoch).toBe(before + 1);
  });

  it('rises for a new leader, and stands still while there is none', async () => {
    const world = await startedWorld();
    const old = world.elect();
    const [follower] = world.followers();
    const before = follower.epoch;
    world.passes = (message) => message.from !== old.id && message.to !== old.id;
    for (let passed = 0; passed < 3_000; passed += 10) {
      world.run(10);
      if (follower.consensus.status().leader === undefined) expect(follower.epoch).toBe(before);
    }
    expect(follower.epoch).toBeGreaterThan(before);
  });

  it('rises when a leader is known again after proposals were dropped for want of one', async () => {
    const world = await startedWorld();
    const [member] = world.followers();
    member.consensus.propose([text('early')]);
    world.settle();
    world.elect();
    world.run(500);
    const epochs = member.leaderships.map((leadership) => leadership.epoch);
    expect(Math.max(...epochs)).toBeGreaterThan(0);
    expect(member.leaderships.at(-1)?.leader).toBeDefined();
  });
});

describe('a state machine that lags', () => {
  it('is given no more than the backlog, and later everything, once and in order', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const [lagging] = world.followers();
    lagging.reports = false;
    const size = 512 * 1024;
    const total = Math.ceil((1.2 * APPLY_BACKLOG_LIMIT_BYTES) / size);
    for (let at = 0; at < total; at += 1) {
      leader.consensus.propose([new Uint8Array(size).fill(at)]);
      world.run(20);
    }
    world.run(500);
    expect(leader.applied).toHaveLength(total + 1);
    expect(lagging.applied.length * size).toBeLessThan(APPLY_BACKLOG_LIMIT_BYTES + 2 * size);
    while (lagging.applied.length < total + 1) {
      const before = lagging.applied.length;
      lagging.report();
      world.settle();
      expect(lagging.applied.length).toBeGreaterThan(before);
    }
    expect(lagging.applied.map((entry) => entry.index)).toEqual(leader.applied.map((entry) => entry.index));
  });

  it('costs a leader its leadership', async () => {
    const world = await startedWorld();
    const old = world.elect();
    old.reports = false;
    old.consensus.propose([text('a')]);
    world.run(4_000);
    expect(old.isLeader).toBe(true);
    world.run(2_000);
    expect(old.isLeader).toBe(false);
    expect(world.members.some((member) => member.isLeader)).toBe(true);
  });
});

describe('a disk', () => {
  it('that stalls costs a leader its leadership, but no heartbeat until then', async () => {
    const world = await startedWorld();
    const old = world.elect();
    old.consensus.propose([text('a')]);
    old.writer.held = true;
    old.consensus.propose([text('b')]);
    world.run(1_900);
    expect(old.isLeader).toBe(true);
    world.run(1_000);
    expect(old.isLeader).toBe(false);
    const [member] = world.members.filter((each) => each !== old);
    expect(member?.commands).toEqual(['a', 'b']);
  });

  it('that fails stops the member: it says so once, closes its connections and sends nothing more', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const [failing] = world.followers();
    failing.writer.failing = true;
    leader.consensus.propose([text('a')]);
    world.run(50);
    expect(failing.failures).toEqual(['the Raft log cannot be written: EIO']);
    expect(failing.consensus.status().fault).toBe('the Raft log cannot be written: EIO');
    expect(failing.stopped).toBe(true);
    const before = world.sent.length;
    world.run(1_000);
    expect(world.sent.slice(before).filter((message) => message.from === failing.id)).toEqual([]);
    expect(leader.commands).toEqual(['a']);
  });

  it('that fails while the member stops is told all the same, and nothing is acknowledged', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    const [failing] = world.followers();
    failing.writer.held = true;
    leader.consensus.propose([text('a')]);
    world.run(50);
    const before = world.sent.length;
    const stopped = failing.consensus.stop();
    world.run(50);
    failing.writer.failing = true;
    failing.writer.release();
    await world.until(stopped);
    expect(failing.failures).toEqual(['the Raft log cannot be written: EIO']);
    const answers = world.sent.slice(before).filter((message) => message.from === failing.id);
    expect(answers.filter((message) => message.kind === 'appendResponse')).toEqual([]);
  });
});

describe('status', () => {
  it('tells role, term, leader, indexes and, at the leader, how far the peers are', async () => {
    const world = await startedWorld();
    const leader = world.elect();
    leader.consensus.propose([text('a')]);
    world.run(600);
    const status = leader.consensus.status();
    expect(status).toMatchObject({
      id: leader.id,
      role: 'leader',
      leader: leader.id,
      commitIndex: 2,
      lastIndex: 2,
      appliedIndex: 2,
    });
    expect(status.peers.map((peer) => peer.match)).toEqual([2, 2] as LogIndex[]);
    expect(status.fault).toBeUndefined();
  });
});
