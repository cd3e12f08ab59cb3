// Builds the command once before any test, so that tests of real processes and threads run what a user would run.
// QUORATE_PREBUILT=1 says that dist/ is good as it is.
import { execFileSync } from 'node:child_process';

export default function setup(): void {
  if (process.env['QUORATE_PREBUILT'] === '1') return;
  execFileSync(process.execPath, ['.ci/build.mjs', '--if-stale'], { stdio: 'inherit' });
}
