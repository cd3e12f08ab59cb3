// What happens to log lines that cannot be written.
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/lib/index.ts';

describe('a log on a full disk', () => {
  it.skipIf(!existsSync('/dev/full'))('loses lines, and does not end the process', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    const logger = createLogger('test', 'info', '/dev/full');
    for (let i = 0; i < 100; i++) expect(() => logger.info({ i }, 'nobody reads this')).not.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });
});
