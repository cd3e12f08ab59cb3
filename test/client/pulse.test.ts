// Dozens of watches at one server, and how few pings tell that it lives.
import { describe, expect, it } from 'vitest';
import { WATCH_PING_PERIOD_MS, WATCH_SILENCE_LIMIT_MS } from '../../src/client/limits.ts';
import { ServerPulse, WatchPulse } from '../../src/client/pulse.ts';
import { manualClock } from '../support/manual-clock.ts';

const COUNT = 60;
/** The server's own pings of each watch. */
const SERVER_PING_MS = 20_000;

function scene() {
  const clock = manualClock();
  const server = new ServerPulse();
  const watches = Array.from({ length: COUNT }, () => new WatchPulse(clock, server));
  for (const watch of watches) watch.heard();
  /** One beat; answers which watches ping and which give up. */
  const beat = (): { pinging: WatchPulse[]; silent: WatchPulse[] } => {
    clock.advance(WATCH_PING_PERIOD_MS);
    const next = watches.map((watch) => ({ watch, kind: watch.beat().kind }));
    const those = (kind: string) => next.filter((one) => one.kind === kind).map(({ watch }) => watch);
    return { pinging: those('ping'), silent: those('silent') };
  };
  return { clock, watches, beat };
}

describe('sixty watches of one server', () => {
  it('ask it with one ping a beat while it answers', () => {
    const { clock, watches, beat } = scene();
    let pings = 0;
    for (let at = 1; at <= 60; at++) {
      const { pinging, silent } = beat();
      expect(silent).toEqual([]);
      pings += pinging.length;
      for (const watch of pinging) watch.heard();
      if ((at * WATCH_PING_PERIOD_MS) % SERVER_PING_MS === 0) for (const watch of watches) watch.heard();
      expect(clock.monotonic()).toBe(at * WATCH_PING_PERIOD_MS);
    }
    expect(pings).toBe(60);
  });

  it('all ask when it does not answer one of them, and all leave it when it is silent for too long', () => {
    const { clock, beat } = scene();
    expect(beat().pinging).toHaveLength(1);
    expect(beat().pinging).toHaveLength(COUNT);
    expect(clock.monotonic() + WATCH_PING_PERIOD_MS).toBe(WATCH_SILENCE_LIMIT_MS);
    expect(beat().silent.length).toBe(COUNT);
  });

  it('stay when it answers late', () => {
    const { watches, beat } = scene();
    beat();
    beat();
    for (const watch of watches) watch.heard();
    expect(beat().silent).toEqual([]);
  });

  it('lose the one whose connection is gone, by its own silence', () => {
    const { watches, beat } = scene();
    const [lost, ...others] = watches;
    const silent: WatchPulse[] = [];
    for (let at = 1; at <= 8 && silent.length === 0; at++) {
      const { pinging, silent: gone } = beat();
      silent.push(...gone);
      for (const watch of pinging) if (watch !== lost) watch.heard();
      if (at % 4 === 0) for (const watch of others) watch.heard();
    }
    expect(silent).toEqual([lost]);
  });
});
