// Starts the processes of an experiment from a small process beside it. A fork copies the page tables of the whole process that
// forks, which stands still meanwhile: an experiment that holds a history of some hundred megabytes did so for 20 ms, and up to
// 400 ms on a busy machine, with its clients and the links between the servers. That was measured as a gap of the cluster.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Launch } from '../../cluster/index.ts';
import type { LaunchAnswer, LaunchedEnded, LaunchRequest } from './protocol.ts';

/** A start takes some milliseconds, and longer on a busy machine. */
const ANSWER_LIMIT_MS = 10_000;

export interface Launcher {
  readonly launch: Launch;
  /** To be called when what was launched has ended. */
  close(): void;
}

/** `program`: the built chaos/launcher/main.ts. */
export function openLauncher(program: string): Launcher {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-launcher-'));
  const running = new Map<number, (reason: string) => void>();
  const child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let last = 0;
  const ended = ({ id, reason }: LaunchedEnded): void => {
    running.get(id)?.(reason);
    running.delete(id);
  };
  child.on('message', (message: LaunchedEnded) => ended(message));
  child.once('exit', () => {
    for (const id of [...running.keys()]) ended({ id, reason: 'its launcher has ended' });
  });
  return {
    launch(spec, detached, whenEnded) {
      if (!child.connected) throw new Error('the launcher has ended');
      last += 1;
      const answerFile = join(folder, `${last}.json`);
      running.set(last, whenEnded);
      child.send({ id: last, spec, detached, answerFile } satisfies LaunchRequest);
      const answer = awaitAnswer(answerFile);
      if ('pid' in answer) return answer.pid;
      running.delete(last);
      throw new Error(answer.error);
    },
    close() {
      if (child.connected) child.disconnect();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A supervisor starts processes synchronously, so this waits as it would for a fork. */
function awaitAnswer(file: string): LaunchAnswer {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < ANSWER_LIMIT_MS; waitedMs += 1) {
    if (existsSync(file)) {
      const answer = JSON.parse(readFileSync(file, 'utf8')) as LaunchAnswer;
      rmSync(file);
      return 'error' in answer ? answer : { pid: answer.pid };
    }
    Atomics.wait(nobody, 0, 0, 1);
  }
  return { error: `the launcher did not answer within ${ANSWER_LIMIT_MS / 1000} s` };
}
