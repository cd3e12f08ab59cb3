#!/usr/bin/env node
// The command `quorate`. It looks at the Node.js version before it loads anything that an old one could not even parse.
import '../.ci/node-version.mjs';
import { optimiseUnderLoad, runBundle } from './launch/index.ts';

/** The file name of src/cli as a bundle: set by the build. */
declare const COMMAND_BUNDLE: string;

/** Roles whose processes start often, or are waited for; all other subcommands are short and share what they run. */
const ROLES = new Set(['up', 'server', 'kubelet', 'load-balancer']);
const [, , subcommand = ''] = process.argv;
const role = ROLES.has(subcommand) ? subcommand : 'command';

if (role === 'server') optimiseUnderLoad();

const { main } = runBundle(new URL(`./${COMMAND_BUNDLE}`, import.meta.url), role) as typeof import('./cli/index.ts');
await main(process.argv, {
  command: new URL(import.meta.url),
  raftThread: new URL('./raft-thread.js', import.meta.url),
  logThread: new URL('./log-thread.js', import.meta.url),
});
