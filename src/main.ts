#!/usr/bin/env node
// The command `quorate`. It looks at the Node.js version before it loads anything that an old one could not even parse.
const MINIMUM = [20, 19] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  process.stderr.write(
    `quorate needs Node.js ${MINIMUM.join('.')} or newer, and this is ${process.versions.node}.\n` +
      'Install a newer one, for example from your package manager, and run the command again.\n',
  );
  process.exitCode = 1;
} else {
  const { main } = await import('./cli/index.ts');
  await main(process.argv, {
    command: new URL(import.meta.url),
    raftThread: new URL('./raft-thread.js', import.meta.url),
    logThread: new URL('./log-thread.js', import.meta.url),
  });
}
