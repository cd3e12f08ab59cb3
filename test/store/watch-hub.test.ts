// Watches that begin in the past: they catch up in bounded turns, survive a compaction that passes them, and cost nobody.
import { describe, expect, it } from 'vitest';
import { packCommand } from '../../src/store/command.ts';
import type { Change } from '../../src/store/history.ts';
import { keyRange, resourceRange } from '../../src/store/index.ts';
import { REPLAY_LIMIT_CHANGES } from '../../src/store/limits.ts';
import { StateMachine } from '../../src/store/state-machine.ts';
import { WatchHub } from '../../src/store/watch-hub.ts';
import { pod, put, RecordingSink, rev } from './support.ts';

function createWorld() {
  const machine = new StateMachine();
  const turns: (() => void)[] = [];
  const failures: unknown[] = [];
  const hub = new WatchHub({
    machine,
    defer: (run) => void turns.push(run),
    sinkFailed: (error) => void failures.push(error),
  });
  const write = (count: number): void => {
    const changes: Change[] = [];
    for (let i = 0; i < count; i++) machine.execute([], packCommand(put(pod(`p${i % 50}`), `${i}`)).writes, changes);
    hub.publish(changes);
  };
  return { machine, hub, turns, failures, write };
}

const PODS = resourceRange('pods');

describe('the watch hub', () => {
  it('replays a long past in bounded turns, with commits between them, each event once', () => {
    const { hub, turns, write } = createWorld();
    write(REPLAY_LIMIT_CHANGES * 2 + 10);
    const sink = new RecordingSink();
    const watch = hub.watch({ range: PODS, from: rev(0) }, sink);
    expect(sink.events_).toHaveLength(0);
    const sizes: number[] = [];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      const before = sink.events_.length;
      turn();
      sizes.push(sink.events_.length - before);
      if (sizes.length < 3) write(5);
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(REPLAY_LIMIT_CHANGES);
    write(3);
    const total = REPLAY_LIMIT_CHANGES * 2 + 10 + 5 * 2 + 3;
    expect(sink.events_.map((event) => event.revision)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(watch.progress()).toBe(total);
  });

  it('never ends a turn of a replay inside a command', () => {
    const { hub, turns, machine } = createWorld();
    const three = ['a', 'b', 'c'].flatMap((name) => put(pod(name), 'x').writes);
    const commands = Math.ceil(REPLAY_LIMIT_CHANGES / 3) + 2;
    for (let i = 0; i < commands; i++) machine.execute([], packCommand({ conditions: [], writes: three }).writes, []);
    hub.publish([]);
    const sink = new RecordingSink();
    hub.watch({ range: PODS, from: rev(0) }, sink);
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn();
    expect(sink.boundaries.map((boundary) => boundary % 3)).toEqual([0, 0]);
    expect(sink.events_.map((event) => event.revision)).toEqual(Array.from({ length: commands * 3 }, (_, i) => i + 1));
  });

  it('gives a watch that is begun again when it fails nothing of what it began after', () => {
    const { hub, machine, write } = createWorld();
    const again = new RecordingSink();
    const failing = new RecordingSink();
    failing.ended = () => void hub.watch({ range: PODS, from: machine.revision }, again);
    const matches = (): boolean => {
      throw new Error('a bug in the filter');
    };
    hub.watch({ range: PODS, from: machine.revision, matches }, failing);
    write(3);
    expect(again.seen).toEqual([]);
    write(1);
    expect(again.events_.map((event) => event.revision)).toEqual([4]);
  });

  it('tells progress while it replays a past that is not in its range', () => {
    const { hub, turns, write } = createWorld();
    write(REPLAY_LIMIT_CHANGES + 10);
    const sink = new RecordingSink();
    const watch = hub.watch({ range: resourceRange('nodes'), from: rev(3) }, sink);
    expect(watch.progress()).toBe(3);
    turns.shift()?.();
    expect(watch.progress()).toBe(3 + REPLAY_LIMIT_CHANGES);
    turns.shift()?.();
    expect(watch.progress()).toBe(REPLAY_LIMIT_CHANGES + 10);
    expect(sink.boundaries).toEqual([]);
  });

  it('ends a watch that a compaction has overtaken', () => {
    const { hub, turns, machine, write } = createWorld();
    write(REPLAY_LIMIT_CHANGES * 2);
    const sink = new RecordingSink();
    hub.watch({ range: PODS, from: rev(0) }, sink);
    turns.shift()?.();
    machine.compact(rev(REPLAY_LIMIT_CHANGES + 5));
    turns.shift()?.();
    expect(sink.endings).toEqual(['compacted']);
    expect(sink.events_).toHaveLength(REPLAY_LIMIT_CHANGES);
    expect(hub.size).toBe(0);
  });

  it('gives a watch that begins during a publication only what follows it', () => {
    const { hub, machine, write } = createWorld();
    const inner = new RecordingSink();
    const outer = new RecordingSink();
    outer.events = (_batch, upTo) => {
      if (inner.boundaries.length === 0 && hub.size === 1) hub.watch({ range: PODS, from: upTo }, inner);
    };
    hub.watch({ range: PODS, from: machine.revision }, outer);
    write(2);
    write(1);
    expect(inner.events_.map((event) => event.revision)).toEqual([3]);
  });

  it('ends only the watch whose filter throws', () => {
    const { hub, failures, write } = createWorld();
    const [bad, good] = [new RecordingSink(), new RecordingSink()];
    const matches = (): boolean => {
      throw new Error('a bug in the filter');
    };
    hub.watch({ range: PODS, from: rev(0), matches }, bad);
    hub.watch({ range: PODS, from: rev(0) }, good);
    write(2);
    expect(bad.endings).toEqual(['closed']);
    expect(failures).toHaveLength(1);
    expect(good.events_).toHaveLength(2);
  });

  it('makes one event for all who see the same change', () => {
    const { hub, write } = createWorld();
    const sinks = [new RecordingSink(), new RecordingSink(), new RecordingSink()];
    hub.watch({ range: PODS, from: rev(0) }, sinks[0] as RecordingSink);
    hub.watch({ range: resourceRange('pods', 'default'), from: rev(0) }, sinks[1] as RecordingSink);
    hub.watch({ range: keyRange(pod('p0')), from: rev(0), matches: () => true }, sinks[2] as RecordingSink);
    write(1);
    const events = sinks.map((sink) => sink.events_[0]);
    expect(events[0]).toBeDefined();
    expect(new Set(events).size).toBe(1);
  });

  it('gives watchers that select nothing the same batch, and those that select their own', () => {
    const { hub, write } = createWorld();
    const batches: unknown[] = [];
    const sink = () => ({ events: (batch: unknown) => void batches.push(batch), ended: () => {} });
    const matches = () => true;
    for (const options of [{}, {}, { matches }]) hub.watch({ range: PODS, from: rev(0), ...options }, sink());
    write(3);
    expect(batches).toHaveLength(3);
    expect(batches[0]).toBe(batches[1]);
    expect(batches[2]).not.toBe(batches[0]);
    expect(batches[2]).toEqual(batches[0]);
  });

  it('tells who joins while a batch is delivered only of what comes after it, and who leaves of nothing more', () => {
    const { machine, hub, write } = createWorld();
    const late = new RecordingSink();
    const leaving = new RecordingSink();
    const first = new RecordingSink();
    const calls: (() => void)[] = [
      () => void hub.watch({ range: PODS, from: machine.revision }, late),
      () => leavingWatch.close(),
    ];
    const events = first.events.bind(first);
    first.events = (batch, upTo) => {
      events(batch, upTo);
      for (const call of calls.splice(0)) call();
    };
    hub.watch({ range: PODS, from: rev(0) }, first);
    const leavingWatch = hub.watch({ range: PODS, from: rev(0) }, leaving);
    write(2);
    write(1);
    expect(first.events_.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(late.events_.map(({ revision }) => revision)).toEqual([3]);
    expect(leaving.events_).toHaveLength(0);
    expect(hub.size).toBe(2);
  });
});
