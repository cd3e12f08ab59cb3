// Event recorder.
import { type Clock, InvariantError, type Logger } from '../lib/index.ts';
import type { ApiClient, EventRecorder } from './types.ts';

export interface EventRecorderOptions {
  /** Unfenced: events are told, not decided. */
  readonly client: ApiClient;
  /** Who reports: `default-scheduler`, `deployment-controller`, `kubelet`. */
  readonly component: string;
  /** The node it runs on, for kubelets. */
  readonly host?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  throw new InvariantError(`being written: ${options.component}`);
}
