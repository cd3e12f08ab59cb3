// Single messages to a follower that no well-behaved cluster sends at these moments, but a late network may.
import { describe, expect, it } from 'vitest';
import {
  CORE_LIMITS,
  createRaftCore,
  type Entry,
  type LogIndex,
  type Message,
  type NodeId,
  type PersistBatch,
  type RaftCore,
  type Term,
} from '../../../raft/core/index.ts';
import { defined } from '../../../src/lib/index.ts';
import { MemoryLog } from './memory-log.ts';

const A = 'a' as NodeId;
const B = 'b' as NodeId;

function entry(index: number, term: number): Entry {
  return { index: index as LogIndex, term: term as Term, kind: 'noop', data: new Uint8Array(0) };
}

/** b, in term 3, with a log of these terms. */
function follower(...terms: number[]): RaftCore {
  const log = new MemoryLog();
  log.entriesHeld = terms.map((term, i) => entry(i + 1, term));
  return createRaftCore({
    id: B,
    membership: { voters: [A, B, 'c' as NodeId], learners: [] },
    hardState: { term: 3 as Term, votedFor: undefined },
    log,
    appliedIndex: 0 as LogIndex,
    limits: CORE_LIMITS,
    seed: 1,
  });
}

function append(previous: [index: number, term: number], entries: Entry[], commit: number): Message {
  const [index, term] = previous;
  return {
    kind: 'appendRequest',
    from: A,
    to: B,
    term: 3 as Term,
    previous: { index: index as LogIndex, term: term as Term },
    entries,
    commit: commit as LogIndex,
  };
}

describe('a follower', () => {
  it('commits only what an append has shown to match, not the rest of its own log', () => {
    const core = follower(1, 1, 2, 2);
    core.step(append([1, 1], [], 4));
    expect(core.status().commitIndex).toBe(1);
    core.step(append([1, 1], [entry(2, 1)], 4));
    expect(core.status().commitIndex).toBe(2);
    expect(core.status().lastIndex).toBe(4);
  });

  it('never cuts off what is committed, whatever an append claims', () => {
    const core = follower(1, 1, 2);
    core.step(append([3, 2], [], 3));
    core.step(append([1, 1], [entry(2, 3)], 3));
    expect(core.status()).toMatchObject({ commitIndex: 3, lastIndex: 3 });
  });

  it('takes what follows its commit index from an append that begins before it: the leader counts it as on its way', () => {
    const core = follower(1, 1, 2);
    core.step(append([3, 2], [], 3));
    core.step(append([1, 1], [entry(2, 1), entry(3, 2), entry(4, 3), entry(5, 3)], 4));
    expect(core.status()).toMatchObject({ commitIndex: 4, lastIndex: 5 });
    const { persist } = core.ready();
    expect(persist?.entries).toEqual([entry(4, 3), entry(5, 3)]);
    expect(persist?.sendAfterPersist).toMatchObject([{ kind: 'appendResponse', result: { match: 5 } }]);
  });

  it('stops when two nodes claim to lead one term', () => {
    const core = follower(1);
    core.step(append([1, 1], [], 0));
    const other: Message = { ...append([1, 1], [], 0), from: 'c' as NodeId };
    expect(() => core.step(other)).toThrow('two leaders in term 3');
  });

  it('stops when a leader knows of entries here that are not in the log: its disk has lost them', () => {
    const core = follower(1);
    const heartbeat: Message = {
      kind: 'heartbeatRequest',
      from: A,
      to: B,
      term: 3 as Term,
      commit: 2 as LogIndex,
      readRound: 0,
    };
    expect(() => core.step(heartbeat)).toThrow('not in the log');
  });

  it('that lost its state does not campaign before a snapshot, or an entry, tells who the members are: it would count who voted once', () => {
    const log = new MemoryLog();
    const begin = { index: 4 as LogIndex, term: 2 as Term };
    log.base = begin;
    const core = createRaftCore({
      id: B,
      membership: { voters: [A, B], learners: [] },
      isMembershipGuessed: true,
      hardState: { term: 3 as Term, votedFor: undefined },
      log,
      appliedIndex: begin.index,
      limits: CORE_LIMITS,
      seed: 1,
    });
    const asked = (): readonly NodeId[] => {
      for (let tick = 0; tick <= CORE_LIMITS.electionTimeoutMaxTicks; tick++) core.tick();
      const ready = core.ready();
      core.advance(ready);
      return ready.sendNow.flatMap(({ kind, to }) => (kind === 'preVoteRequest' ? [to] : []));
    };
    expect(asked()).toEqual([]);
    const voters = ['c', 'd', B, A] as NodeId[];
    core.installed({ ...begin, leaderTerm: 3 as Term, membership: { voters, learners: [], index: 3 as LogIndex } });
    expect(core.status().membership.voters).toEqual(voters);
    expect(new Set(asked())).toEqual(new Set([A, 'c', 'd']));
  });

  it('holds a snapshot when its log has followed it on the disk, not while an entry like its last one is about to be cut off there', () => {
    const log = new MemoryLog();
    log.entriesHeld = [1, 1, 1].map((term, i) => entry(i + 1, term));
    const membership = { voters: [A, B, 'c' as NodeId], learners: [] };
    const core = createRaftCore({
      id: B,
      membership,
      hardState: { term: 3 as Term, votedFor: undefined },
      log,
      appliedIndex: 0 as LogIndex,
      limits: CORE_LIMITS,
      seed: 1,
    });
    const batch = (): PersistBatch => {
      const ready = core.ready();
      core.advance(ready);
      return defined(ready.persist, 'a batch');
    };
    const written = ({ id, ...rest }: PersistBatch): void => {
      log.write({ id, ...rest });
      core.persisted(id);
    };
    // A leader that lacks entry 3 replaces it; the disk is slow. The next leader has it, commits it, and sends the state.
    core.step(append([2, 1], [entry(3, 3)], 0));
    const cut = batch();
    const snapshot = { index: 3 as LogIndex, term: 1 as Term, leaderTerm: 4 as Term, membership };
    core.installed(snapshot);
    expect([log.term(snapshot.index), core.holds(snapshot)]).toEqual([1, false]);
    written(cut);
    expect(core.holds(snapshot)).toBe(false);
    written(batch());
    expect([log.term(snapshot.index), core.holds(snapshot)]).toEqual([1, true]);
  });

  it('refuses to be made of a state machine that is ahead of the log', () => {
    const options = {
      id: B,
      membership: { voters: [B], learners: [] },
      hardState: { term: 0 as Term, votedFor: undefined },
      log: new MemoryLog(),
      appliedIndex: 1 as LogIndex,
      limits: CORE_LIMITS,
      seed: 1,
    };
    expect(() => createRaftCore(options)).toThrow('ahead of the log');
  });
});
