#!/usr/bin/env node
// The command `quorate`. It looks at the Node.js version before it loads anything that an old one could not even parse.
import '../.ci/node-version.mjs';

const { main } = await import('./cli/index.ts');
await main(process.argv, {
  command: new URL(import.meta.url),
  raftThread: new URL('./raft-thread.js', import.meta.url),
  logThread: new URL('./log-thread.js', import.meta.url),
});
