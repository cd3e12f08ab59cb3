// What the commands share that play a project of the tests by itself: `npm run conformance`, `npm run transcripts`.
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { startVitest, type Vitest } from 'vitest/node';

/** Runs a test file of a project of the repository at `root` on what is built. The caller closes it; the exit code is 1 when a test failed. */
export function playProject(
  root: string,
  project: string,
  file: string,
  reporters: readonly string[],
): Promise<Vitest> {
  process.env['QUORATE_PREBUILT'] = '1';
  return startVitest('test', [file], {
    root,
    config: join(root, 'test', 'vitest.config.ts'),
    watch: false,
    project,
    reporters: [...reporters],
  });
}

/** An option's value as a whole number above 0. Throws InvalidArgumentError. */
export function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
