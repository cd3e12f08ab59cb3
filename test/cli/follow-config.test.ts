// A component follows its configuration while it runs, and never lets the following keep it alive.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CONFIG_CHECK_MS } from '../../cluster/index.ts';
import { followConfig } from '../../src/cli/components/config-file.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { createRegistry, prng, silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

interface Followed {
  readonly clock: ReturnType<typeof manualClock>;
  readonly ports: number[];
  readonly end: AbortController;
  write(text: string): void;
  follow(): void;
}

function followed(): Followed {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.json');
  const [clock, end, ports] = [manualClock(), new AbortController(), [] as number[]];
  const fatal = (reason: string): void => {
    throw new Error(reason);
  };
  const rest = { logger: silentLogger, random: prng(1), metrics: createRegistry('test'), fatal };
  const environment: Environment = { clock, signal: end.signal, ...rest };
  return {
    clock,
    ports,
    end,
    write(text) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    follow: () =>
      followConfig(file, 'balancer', environment, ({ servers }) => void ports.push(...servers.map(({ port }) => port))),
  };
}

const balancer = (port: number): string => JSON.stringify({ kind: 'balancer', servers: [{ host: 'h', port }] });

describe('a configuration that is followed', () => {
  it('is told of once for each change, and not at first', () => {
    const { clock, ports, write, follow } = followed();
    write(balancer(1));
    follow();
    clock.advance(3 * CONFIG_CHECK_MS);
    write(balancer(2));
    clock.advance(3 * CONFIG_CHECK_MS);
    write(balancer(3));
    clock.advance(CONFIG_CHECK_MS);
    expect(ports).toEqual([2, 3]);
  });

  it('stays as it was when it cannot be read, and is followed on', () => {
    const { clock, ports, write, follow } = followed();
    write(balancer(1));
    follow();
    write('{');
    clock.advance(CONFIG_CHECK_MS);
    write(balancer(2));
    clock.advance(CONFIG_CHECK_MS);
    expect(ports).toEqual([2]);
  });

  it('holds no timer of a process that ends, not even of one that was told so while it started', () => {
    const running = followed();
    running.write(balancer(1));
    running.follow();
    running.end.abort();
    const starting = followed();
    starting.end.abort();
    starting.write(balancer(1));
    starting.follow();
    for (const { clock } of [running, starting]) expect(clock.pending).toBe(0);
  });
});
