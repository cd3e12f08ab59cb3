// The launcher's side: starts what it is told to, as a supervisor would.
import { renameSync, writeFileSync } from 'node:fs';
import { launchProcess } from '../../cluster/index.ts';
import { messageOf } from '../../src/lib/index.ts';
import type { LaunchAnswer, LaunchedEnded, LaunchRequest } from './protocol.ts';

/** Serves the process that forked this one until that is gone. When this process ends, so does what it launched (EXIT_WITH_PARENT). */
export function serveLauncher(parentIsGone: () => void): void {
  process.on('message', (request: LaunchRequest) => serve(request));
  process.on('disconnect', parentIsGone);
  // Sent by the terminal to everybody: whoever forked this process ends its experiment first.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
}

function serve({ id, spec, detached, answerFile }: LaunchRequest): void {
  const ended = (reason: string): void => void process.send?.({ id, reason } satisfies LaunchedEnded);
  let answer: LaunchAnswer;
  try {
    answer = { pid: launchProcess(spec, detached, ended) };
  } catch (error) {
    answer = { error: messageOf(error) };
  }
  writeFileSync(`${answerFile}.new`, JSON.stringify(answer));
  renameSync(`${answerFile}.new`, answerFile);
}
