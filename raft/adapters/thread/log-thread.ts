// The log thread: does the jobs of one log, one after another, with synchronous calls. An own thread, so that neither
// heartbeats nor HTTP wait for the disk, and the disk never waits for the shared pool.
import { parentPort } from 'node:worker_threads';
import { assert, codeOf, defined, messageOf } from '../../../src/lib/index.ts';
import { JobRunner } from '../../node/index.ts';
import { nodeDisk } from '../node-disk.ts';
import type { FromLogThread, ToLogThread } from './log-thread-protocol.ts';

const port = parentPort;
assert(port !== null, 'log-thread.ts runs as a worker');
let directory: string | undefined;
// With the first job: the thread may be up before the folder is known to be free and sound.
let opened: JobRunner | undefined;
const runner = (): JobRunner => {
  opened ??= new JobRunner(nodeDisk(defined(directory, 'the folder of the log')));
  return opened;
};

port.on('message', (message: ToLogThread) => {
  if (message.kind === 'directory') {
    directory = message.directory;
    return;
  }
  if (message.kind === 'close') {
    opened?.close();
    port.close();
    return;
  }
  let answer: FromLogThread = { kind: 'durable' };
  try {
    runner().run(message.job);
  } catch (error) {
    answer = { kind: 'failed', message: messageOf(error), code: codeOf(error) };
  }
  port.postMessage(answer);
});
