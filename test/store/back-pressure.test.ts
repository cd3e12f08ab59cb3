// The limits in bytes between accepting a commit and having it on disk: each is met, holds, and lets go again.
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/lib/index.ts';
import { packCommand } from '../../src/store/command.ts';
import { type Command, createReplicatedStore, memoryKeyValue, type Revision } from '../../src/store/index.ts';
import {
  PENDING_LIMIT_BYTES,
  PENDING_LIMIT_COMMANDS,
  SEND_WINDOW_BYTES,
  WRITE_BEHIND_LIMIT_BYTES,
} from '../../src/store/limits.ts';
import { PendingCommits } from '../../src/store/pending-commits.ts';
import { manualClock } from '../support/manual-clock.ts';
import { FakeCluster } from './fake-consensus.ts';
import { committed, envelope, eventually, NO_ABORT, pod, put, remove } from './support.ts';

const LARGE_BYTES = 1_000_000;
const OUTCOME = { kind: 'committed', revision: 1 as Revision, objects: [] } as const;

function large(name: string): Command {
  const bytes = new Uint8Array(LARGE_BYTES);
  return {
    conditions: [],
    writes: [{ kind: 'put', key: pod(name), envelope: { ...envelope('x'), bytes, revisionOffset: -1 } }],
  };
}

describe('commits that wait for their outcome', () => {
  it('are refused beyond a limit in bytes, as not sent, and accepted again when there is room', async () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    const packed = packCommand(large('a'));
    const fits = Math.ceil(PENDING_LIMIT_BYTES / LARGE_BYTES);
    const accepted = Array.from({ length: fits }, () => pending.add(packed, NO_ABORT));
    await expect(pending.add(packed, NO_ABORT)).rejects.toThrow('not sent: too many commits wait');
    pending.takeToSend();
    pending.resolve(1, OUTCOME);
    await accepted[0];
    void pending.add(packed, NO_ABORT);
    expect(pending.size).toBe(fits);
  });

  it('are refused beyond a limit in number', async () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    const packed = packCommand(remove(pod('a')));
    for (let i = 0; i < PENDING_LIMIT_COMMANDS; i++) void pending.add(packed, NO_ABORT);
    await expect(pending.add(packed, NO_ABORT)).rejects.toThrow('not sent: too many commits wait');
  });

  it('are sent within a window, which moves on as outcomes come', () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    const packed = packCommand(large('a'));
    for (let i = 0; i < 30; i++) void pending.add(packed, NO_ABORT);
    let sent = 0;
    let resolved = 0;
    while (resolved < 30) {
      const commands = pending.takeToSend();
      sent += commands.length;
      expect((sent - resolved) * LARGE_BYTES).toBeLessThanOrEqual(SEND_WINDOW_BYTES);
      expect(sent).toBeGreaterThan(resolved);
      resolved += 1;
      pending.resolve(resolved, OUTCOME);
    }
    expect(sent).toBe(30);
    expect(pending.hasUnsent).toBe(false);
  });
});

describe('batches of commits', () => {
  const packed = packCommand(remove(pod('a')));
  const batches = (pending: PendingCommits, counts: readonly number[]): number[] =>
    counts.map((count) => {
      for (let i = 0; i < count; i++) void pending.add(packed, NO_ABORT);
      return pending.takeToSend().length;
    });

  it('leave at once while few are under way; then what comes gathers, and goes together when one is applied', () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    expect(batches(pending, [1, 2, 3, 4])).toEqual([1, 2, 0, 0]);
    pending.resolve(1, OUTCOME);
    expect(pending.hasUnsent).toBe(true);
    expect(pending.takeToSend()).toHaveLength(7);
    pending.resolve(2, OUTCOME);
    expect(batches(pending, [5])).toEqual([0]);
    for (let sequence = 3; sequence <= 10; sequence++) pending.resolve(sequence, OUTCOME);
    expect(pending.takeToSend()).toHaveLength(5);
  });

  it('are not sent beside a larger one: they gather until they are as large, or until it is applied', () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    expect(batches(pending, [4, 1, 2, 1, 9])).toEqual([4, 0, 0, 4, 0]);
    for (let sequence = 1; sequence <= 8; sequence++) pending.resolve(sequence, OUTCOME);
    expect(pending.takeToSend()).toHaveLength(9);
    expect(batches(pending, [1])).toEqual([0]);
    for (let sequence = 9; sequence <= 17; sequence++) pending.resolve(sequence, OUTCOME);
    expect(pending.takeToSend()).toHaveLength(1);
  });

  it('do not hold back what is sent again when what was sent may be lost', () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    batches(pending, [1, 2, 3]);
    pending.beginPass();
    expect(pending.takeToSend()).toHaveLength(6);
  });

  it('are over when an earlier copy is applied before this pass came to send it', () => {
    const pending = new PendingCommits('a/1', { monotonic: () => 0 });
    batches(pending, [1, 2]);
    pending.beginPass();
    for (const sequence of [1, 2, 3]) pending.resolve(sequence, OUTCOME);
    expect(batches(pending, [1, 1, 1])).toEqual([1, 1, 0]);
  });
});

describe('a state database that is behind', () => {
  it('stops the sending beyond its limit, says so, and goes on when it has caught up', async () => {
    const cluster = new FakeCluster(['a']);
    const clock = manualClock();
    const memory = memoryKeyValue();
    const hanging: (() => void)[] = [];
    let hangs = true;
    const consensus = cluster.join('a' as never);
    const store = createReplicatedStore({
      consensus,
      keyValue: {
        ...memory,
        async batch(operations) {
          if (hangs) await new Promise<void>((resolve) => void hanging.push(resolve));
          await memory.batch(operations);
        },
      },
      clock,
      logger: silentLogger,
      fatal: (reason) => {
        throw new Error(reason);
      },
      origin: 'a/1',
    });
    await store.start();
    await eventually(() => store.status().ready, 'the store is ready');
    let written = 0;
    while (store.status().ready) {
      await committed(store, large(`p${written}`));
      written += 1;
    }
    expect(store.status().reason).toBe('the state database is behind: its disk is too slow');
    expect(written * LARGE_BYTES).toBeGreaterThan(WRITE_BEHIND_LIMIT_BYTES - LARGE_BYTES);
    expect(written * LARGE_BYTES).toBeLessThan(WRITE_BEHIND_LIMIT_BYTES + 2 * LARGE_BYTES);
    const before = consensus.proposals;
    const waits = committed(store, put(pod('waits'), 'x'));
    clock.advance(5_000);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(consensus.proposals).toBe(before);
    hangs = false;
    for (const release of hanging) release();
    await eventually(() => store.status().ready, 'the database has caught up');
    clock.advance(1_000);
    await waits;
    await store.stop();
  });
});
