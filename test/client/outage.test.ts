// What the log says while no API server answers, and when one is back.
import { describe, expect, it } from 'vitest';
import { createOutage } from '../../src/client/outage.ts';
import type { Logger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

function outage() {
  const clock = manualClock();
  const lines: string[] = [];
  const note =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void =>
      void lines.push(`${level} ${message} (${String(fields['failures'])} failures)`);
  const logger: Logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => logger,
  };
  return { clock, lines, outage: createOutage(['http://localhost:8080'], clock, logger) };
}

describe('the log of a client', () => {
  it('says once that no server answers, reminds every half minute, and says when one is back', () => {
    const { clock, lines, outage: told } = outage();
    for (let i = 0; i < 700; i++) {
      told.failed(new Error('connect ECONNREFUSED'));
      clock.advance(100);
    }
    told.answered();
    told.answered();
    expect(lines).toEqual([
      'warn no API server answers at http://localhost:8080: waiting until one does (11 failures)',
      'warn still no API server answers at http://localhost:8080, for 31 s (311 failures)',
      'warn still no API server answers at http://localhost:8080, for 61 s (611 failures)',
      'info an API server answers again, after 70 s (700 failures)',
    ]);
  });

  it('says nothing of a break that is over within a second', () => {
    const { clock, lines, outage: told } = outage();
    for (let i = 0; i < 10; i++) {
      told.failed(new Error('read ECONNRESET'));
      clock.advance(900);
      told.answered();
    }
    expect(lines).toEqual([]);
  });
});
