// What crosses between the Raft thread and the log thread.
import type { DiskJob } from '../../node/index.ts';

/** The folder of the log comes first. */
export type ToLogThread =
  | { readonly kind: 'directory'; readonly directory: string }
  | { readonly kind: 'job'; readonly job: DiskJob }
  | { readonly kind: 'close' };

/** The answer to a job. */
export type FromLogThread =
  | { readonly kind: 'durable' }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };
