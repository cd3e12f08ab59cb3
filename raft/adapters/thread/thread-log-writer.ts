// The log writer whose disk calls happen on the log thread. The buffers of a job are given away, not copied.
import { Worker } from 'node:worker_threads';
import { assert } from '../../../src/lib/index.ts';
import type { DiskJob, LogWriter } from '../../node/index.ts';
import type { FromLogThread, ToLogThread } from './log-thread-protocol.ts';

/** Starts the log thread from its bundled file. It touches nothing before its first job, and needs to know its folder by then. */
export class ThreadLogWriter implements LogWriter {
  private readonly worker: Worker;
  private readonly exited: Promise<void>;
  private done: ((error: unknown) => void) | undefined;
  /** Why the thread can no longer write. */
  private failure: Error | undefined;

  constructor(thread: URL) {
    this.worker = new Worker(thread, { name: 'quorate-log' });
    this.worker.on('message', (answer: FromLogThread) => {
      if (answer.kind === 'durable') this.finish(undefined);
      else this.finish(new Error(answer.message, { cause: answer.code }));
    });
    this.worker.on('error', (error) => this.broken(error));
    this.exited = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.broken(new Error('the log thread has ended'));
        resolve();
      });
    });
  }

  writeTo(directory: string): void {
    this.post({ kind: 'directory', directory }, []);
  }

  run(job: DiskJob, done: (error: unknown) => void): void {
    assert(this.done === undefined, 'one job is written at a time');
    this.done = done;
    if (this.failure !== undefined) {
      this.finish(this.failure);
      return;
    }
    const transfer = job.steps.flatMap((step) => (step.kind === 'write' ? [step.bytes.buffer] : []));
    this.post({ kind: 'job', job }, transfer);
  }

  async close(): Promise<void> {
    if (this.failure === undefined) this.post({ kind: 'close' }, []);
    await this.exited;
  }

  private post(message: ToLogThread, transfer: readonly ArrayBuffer[]): void {
    this.worker.postMessage(message, [...transfer]);
  }

  private broken(error: Error): void {
    this.failure ??= error;
    this.finish(this.failure);
  }

  private finish(error: unknown): void {
    const { done } = this;
    this.done = undefined;
    done?.(error);
  }
}
