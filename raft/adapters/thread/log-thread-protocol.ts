// What crosses between the Raft thread and the log thread.
import type { DiskJob } from '../../node/index.ts';

export interface LogThreadData {
  /** The folder of the log. */
  readonly directory: string;
}

export type ToLogThread = { readonly kind: 'job'; readonly job: DiskJob } | { readonly kind: 'close' };

/** The answer to a job. */
export type FromLogThread =
  | { readonly kind: 'durable' }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };
