// Current reads that share questions to the leader.
import { describe, expect, it } from 'vitest';
import { READ_QUESTIONS_LIMIT } from '../../src/store/limits.ts';
import type { Revision } from '../../src/store/port.ts';
import { ReadBarriers } from '../../src/store/read-barriers.ts';
import { manualClock } from '../support/manual-clock.ts';
import { NO_ABORT } from './support.ts';

/** Barriers over a leader that answers when the test says so, and a state that has applied `index`. */
function world() {
  const questions: ((index: number | undefined) => void)[] = [];
  const turns: (() => void)[] = [];
  const state = { index: 0, hasLeader: true };
  const clock = manualClock();
  const barriers = new ReadBarriers({
    clock,
    readIndex: () => new Promise((resolve) => void questions.push(resolve)),
    defer: (run) => void turns.push(run),
    applied: () => ({ index: state.index, revision: state.index as Revision }),
    hasLeader: () => state.hasLeader,
  });
  const endTurn = (): void => {
    for (const run of turns.splice(0)) run();
  };
  /** Waits for a read and ends the turn it came in. */
  const read = (): Promise<number> => {
    const answer = barriers.wait(NO_ABORT);
    endTurn();
    return answer;
  };
  const answer = async (question: number, index: number): Promise<void> => {
    questions[question]?.(index);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return { barriers, clock, questions, state, read, answer, endTurn };
}

describe('reads of the current state', () => {
  it('ask once for all of a turn, at once while few questions are open', async () => {
    const { barriers, questions, state, answer, endTurn } = world();
    const reads = [barriers.wait(NO_ABORT), barriers.wait(NO_ABORT)];
    expect(questions).toHaveLength(0);
    endTurn();
    expect(questions).toHaveLength(1);
    state.index = 7;
    await answer(0, 7);
    expect(await Promise.all(reads)).toEqual([7, 7]);
  });

  it('gather while the limit of open questions is reached, and are never answered by one that was asked before them', async () => {
    const { questions, state, read, answer } = world();
    const asked = Array.from({ length: READ_QUESTIONS_LIMIT }, () => read());
    const gathered = [read(), read(), read()];
    expect(questions).toHaveLength(READ_QUESTIONS_LIMIT);
    state.index = 9;
    await answer(0, 5);
    expect(await asked[0]).toBe(9);
    // Theirs is asked only now, and only its answer counts for them.
    expect(questions).toHaveLength(READ_QUESTIONS_LIMIT + 1);
    let early = false;
    void gathered[0]?.then(() => {
      early = true;
    });
    await answer(1, 6);
    expect(early).toBe(false);
    await answer(READ_QUESTIONS_LIMIT, 8);
    expect(await Promise.all(gathered)).toEqual([9, 9, 9]);
  });

  it('are not asked for beside a larger question: they gather until they are as many, or until it is answered', async () => {
    const { barriers, questions, state, read, answer, endTurn } = world();
    const first = [barriers.wait(NO_ABORT), barriers.wait(NO_ABORT), barriers.wait(NO_ABORT)];
    endTurn();
    const second = [read(), read()];
    expect(questions).toHaveLength(1);
    second.push(read());
    expect(questions).toHaveLength(2);
    const last = read();
    expect(questions).toHaveLength(2);
    state.index = 4;
    await answer(0, 2);
    expect(await Promise.all(first)).toEqual([4, 4, 4]);
    expect(questions).toHaveLength(2);
    await answer(1, 3);
    expect(await Promise.all(second)).toEqual([4, 4, 4]);
    expect(questions).toHaveLength(3);
    await answer(2, 4);
    expect(await last).toBe(4);
  });

  it('wait, after a question of many, until they are as many or for a part of the time it took', async () => {
    const { barriers, clock, questions, state, read, answer, endTurn } = world();
    const first = [barriers.wait(NO_ABORT), barriers.wait(NO_ABORT), barriers.wait(NO_ABORT)];
    endTurn();
    state.index = 9;
    clock.advance(8);
    await answer(0, 1);
    await Promise.all(first);
    const second = [read(), read()];
    expect(questions).toHaveLength(1);
    second.push(read());
    expect(questions).toHaveLength(2);
    clock.advance(8);
    await answer(1, 2);
    await Promise.all(second);
    const lone = read();
    clock.advance(1);
    expect(questions).toHaveLength(2);
    clock.advance(1);
    expect(questions).toHaveLength(3);
    await answer(2, 3);
    expect(await lone).toBe(9);
    // It was alone: nobody else is expected.
    void read();
    expect(questions).toHaveLength(4);
  });

  it('that gathered are asked for with the next retry, should all open questions be lost', async () => {
    const { barriers, questions, state, read, answer } = world();
    for (let i = 0; i < READ_QUESTIONS_LIMIT; i++) void read();
    const gathered = read();
    barriers.retry();
    expect(questions).toHaveLength(READ_QUESTIONS_LIMIT + 1);
    state.index = 3;
    await answer(READ_QUESTIONS_LIMIT, 3);
    expect(await gathered).toBe(3);
  });

  it('wait for a leader', async () => {
    const { barriers, questions, state, read, answer } = world();
    state.hasLeader = false;
    const waiting = read();
    expect(questions).toHaveLength(0);
    state.hasLeader = true;
    barriers.retry();
    await answer(0, 0);
    expect(await waiting).toBe(0);
  });
});
