// How much past is kept: five minutes, or 128 MiB of superseded versions, given up in steps.
import { describe, expect, it } from 'vitest';
import { packCommand } from '../../src/store/command.ts';
import { COMPACTION_STEP_CHANGES, HISTORY_LIMIT_BYTES } from '../../src/store/limits.ts';
import { Retention } from '../../src/store/retention.ts';
import { StateMachine } from '../../src/store/state-machine.ts';
import { manualClock } from '../support/manual-clock.ts';
import { envelope, pod, put, rev } from './support.ts';

function createWorld() {
  const clock = manualClock();
  const machine = new StateMachine();
  const retention = new Retention(clock, machine);
  const write = (count: number, bytes = 10): void => {
    const { writes } = packCommand({
      conditions: [],
      writes: [
        {
          kind: 'put',
          key: pod('a'),
          envelope: { ...envelope('x'), bytes: new Uint8Array(bytes), revisionOffset: -1 },
        },
      ],
    });
    for (let i = 0; i < count; i++) machine.execute([], writes, []);
  };
  return { clock, machine, retention, write };
}

describe('retention', () => {
  it('gives up what is older than five minutes, and no more', () => {
    const { clock, retention, write } = createWorld();
    write(10);
    expect(retention.check()).toBeUndefined();
    clock.advance(4 * 60_000);
    write(10);
    expect(retention.check()).toBeUndefined();
    clock.advance(60_000);
    expect(retention.check()).toBe(10);
    clock.advance(4 * 60_000);
    expect(retention.check()).toBe(20);
  });

  it('gives up the older half when superseded versions take too much', () => {
    const { machine, retention, write } = createWorld();
    const megabyte = 1024 * 1024;
    write(HISTORY_LIMIT_BYTES / megabyte, megabyte);
    expect(retention.check()).toBeUndefined();
    write(2, megabyte);
    const target = retention.check() ?? rev(0);
    machine.compact(target);
    expect(machine.history.supersededBytes).toBeLessThanOrEqual(HISTORY_LIMIT_BYTES / 2 + 2 * megabyte);
    expect(machine.history.supersededBytes).toBeGreaterThan(HISTORY_LIMIT_BYTES / 2 - 2 * megabyte);
  });

  it('gives up a long past in steps until it is gone', () => {
    const { clock, machine, retention, write } = createWorld();
    write(COMPACTION_STEP_CHANGES * 2 + 5);
    retention.check();
    clock.advance(5 * 60_000);
    const steps: number[] = [];
    for (let to = retention.check(); to !== undefined; to = retention.check()) {
      steps.push(to);
      machine.compact(to);
    }
    expect(steps).toEqual([COMPACTION_STEP_CHANGES, COMPACTION_STEP_CHANGES * 2, COMPACTION_STEP_CHANGES * 2 + 5]);
    expect(machine.history.supersededBytes).toBe(0);
    expect(machine.records.count).toBe(1);
  });
});

describe('a compaction', () => {
  it('leaves the records, and so the hash, of a machine that never had the past', () => {
    const [long, short] = [new StateMachine(), new StateMachine()];
    for (let i = 0; i < 30; i++) {
      const { writes } = packCommand(
        i % 7 === 6 ? { conditions: [], writes: [{ kind: 'delete', key: pod('a') }] } : put(pod('a'), `${i}`),
      );
      long.execute([], writes, []);
      short.execute([], writes, []);
      short.compact(short.revision);
    }
    expect(long.stateHash()).not.toBe(short.stateHash());
    long.compact(long.revision);
    expect(long.stateHash()).toBe(short.stateHash());
    // Deletions are forgotten too: what is left is the one object.
    expect(long.records.count).toBe(1);
  });

  it('ends at the last command boundary that is not beyond what was asked', () => {
    const machine = new StateMachine();
    const two = [pod('a'), pod('b')].flatMap((key) => put(key, 'x').writes);
    for (let i = 0; i < 3; i++) machine.execute([], packCommand({ conditions: [], writes: two }).writes, []);
    machine.compact(rev(3));
    expect(machine.compactedRevision).toBe(2);
    machine.compact(rev(1));
    expect(machine.compactedRevision).toBe(2);
    machine.compact(rev(1000));
    expect(machine.compactedRevision).toBe(6);
  });
});
