// Work for the disk as plain data. The log decides what is to be written (on the Raft thread); a writer does it, in
// line or on the log thread, step by step and in order. A job is durable when its last step has returned.
import { unreachable } from '../../../src/lib/index.ts';
import type { Disk, DiskFile } from '../ports.ts';

export type DiskStep =
  | { readonly kind: 'create'; readonly file: string }
  | { readonly kind: 'resize'; readonly file: string; readonly bytes: number }
  | {
      readonly kind: 'write';
      readonly file: string;
      readonly position: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: 'sync'; readonly file: string }
  | { readonly kind: 'remove'; readonly file: string }
  | { readonly kind: 'rename'; readonly file: string; readonly to: string }
  | { readonly kind: 'syncDirectory' };

/** Steps to do in order. The writer takes over the buffers in it. */
export interface DiskJob {
  readonly id: number;
  readonly steps: readonly DiskStep[];
}

/** Does jobs, one after another. */
export interface LogWriter {
  /** `done` is called once, perhaps before run() returns: without an error when the job is durable. After an error the
   *  outcome is unknown and nothing more may be written. */
  run(job: DiskJob, done: (error: unknown) => void): void;
  /** Resolves when the job under way has ended and the files are closed. */
  close(): Promise<void>;
}

/** Keeps the files of jobs open between them. */
export class JobRunner {
  private readonly disk: Disk;
  private readonly files = new Map<string, DiskFile>();

  constructor(disk: Disk) {
    this.disk = disk;
  }

  /** Does all steps; throws what the disk throws. */
  run(job: DiskJob): void {
    for (const step of job.steps) this.step(step);
  }

  /** Does one step: for a simulator that crashes between them. */
  step(step: DiskStep): void {
    switch (step.kind) {
      case 'create':
        this.closeFiles();
        this.files.set(step.file, this.disk.open(step.file, 'create'));
        break;
      case 'resize':
        this.file(step.file).resize(step.bytes);
        break;
      case 'write':
        this.file(step.file).write(step.position, step.bytes);
        break;
      case 'sync':
        this.file(step.file).sync();
        break;
      case 'remove':
        this.disk.remove(step.file);
        break;
      case 'rename':
        this.closeFiles();
        this.disk.rename(step.file, step.to);
        break;
      case 'syncDirectory':
        this.disk.syncDirectory();
        break;
      default:
        unreachable(step);
    }
  }

  close(): void {
    this.closeFiles();
  }

  private file(name: string): DiskFile {
    const open = this.files.get(name);
    if (open !== undefined) return open;
    const file = this.disk.open(name, 'existing');
    this.files.set(name, file);
    return file;
  }

  /** A new segment replaces the one before, which is never written again. */
  private closeFiles(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }
}

/** A writer that does each job at once, on the caller's thread. */
export function inlineLogWriter(disk: Disk): LogWriter {
  const runner = new JobRunner(disk);
  return {
    run(job, done) {
      let failure: unknown;
      try {
        runner.run(job);
      } catch (error) {
        failure = error ?? new Error('the disk failed');
      }
      done(failure);
    },
    close() {
      runner.close();
      return Promise.resolve();
    },
  };
}
