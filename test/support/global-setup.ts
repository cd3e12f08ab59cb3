// Builds the command once before any test, so that tests of real processes and threads run what a user would run.
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  execFileSync(process.execPath, ['.ci/build.mjs', '--if-stale'], { stdio: 'inherit' });
}
