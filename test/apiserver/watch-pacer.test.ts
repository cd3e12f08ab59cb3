// The rounds in which watchers are written to, under a clock that the test moves.
import { describe, expect, it } from 'vitest';
import { WATCH_PAUSE_MAX_MS, WATCH_PAUSE_MIN_MS } from '../../src/apiserver/limits.ts';
import { Outbox } from '../../src/apiserver/watch/outbox.ts';
import { createWatchPacer } from '../../src/apiserver/watch/pacer.ts';
import { joinedLines, type WatchTransport } from '../../src/apiserver/watch/transport.ts';
import { manualClock } from '../support/manual-clock.ts';

const endOfTurn = (): Promise<void> => Promise.resolve();

describe('the pacer of watches', () => {
  it('writes at the end of the turn after a quiet moment', async () => {
    const pacer = createWatchPacer(manualClock());
    const written: string[] = [];
    pacer.soon(() => written.push('a'));
    pacer.soon(() => written.push('b'));
    expect(written).toEqual([]);
    await endOfTurn();
    expect(written).toEqual(['a', 'b']);
  });

  it('waits for the pause to be over, and writes to each watcher once however much came', async () => {
    const clock = manualClock();
    const pacer = createWatchPacer(clock);
    let rounds = 0;
    const flush = (): void => void rounds++;
    pacer.soon(flush);
    await endOfTurn();
    pacer.soon(flush);
    pacer.soon(flush);
    await endOfTurn();
    expect(rounds).toBe(1);
    clock.advance(WATCH_PAUSE_MIN_MS);
    expect(rounds).toBe(2);
    clock.advance(WATCH_PAUSE_MAX_MS);
    expect(rounds).toBe(2);
  });

  it('pauses longer after a long round, but never longer than its maximum', async () => {
    const clock = manualClock();
    const pacer = createWatchPacer(clock);
    let rounds = 0;
    const slow = (): void => {
      rounds++;
      clock.advance(1_000);
    };
    pacer.soon(slow);
    await endOfTurn();
    pacer.soon(slow);
    clock.advance(WATCH_PAUSE_MAX_MS - 1);
    expect(rounds).toBe(1);
    clock.advance(1);
    expect(rounds).toBe(2);
  });
});

describe('a watch that cannot be written to', () => {
  it('fails alone: the others of its round are written to', async () => {
    const pacer = createWatchPacer(manualClock());
    const written: string[] = [];
    const failures: unknown[] = [];
    const transport = (send: () => void): WatchTransport => ({
      send,
      pendingBytes: () => 0,
      drained: () => Promise.resolve(),
      end() {},
      destroy() {},
      onClosed() {},
    });
    const broken = transport(() => {
      throw new Error('no');
    });
    const boxes = [broken, transport(() => written.push('sound'))].map(
      (each) =>
        new Outbox(
          each,
          pacer,
          () => {},
          (error) => failures.push(error),
        ),
    );
    for (const box of boxes) expect(box.put([Buffer.from('line')])).toBe(true);
    await endOfTurn();
    expect([written, failures.map(String)]).toEqual([['sound'], ['Error: no']]);
  });
});

describe('joined lines', () => {
  const lines = ['one\n', 'two\n', 'three\n'].map((text) => Buffer.from(text));

  it('are shared by watchers of the same events', () => {
    expect(joinedLines([...lines])).toBe(joinedLines([...lines]));
    expect(joinedLines(lines).toString()).toBe('one\ntwo\nthree\n');
  });

  it('are not shared by those who see something else', () => {
    joinedLines([...lines]);
    const [first, , third] = lines;
    const other = Buffer.from('TWO\n');
    const seen = [first, other, third].filter((line) => line !== undefined);
    expect(Buffer.from(joinedLines(seen)).toString()).toBe('one\nTWO\nthree\n');
  });
});
