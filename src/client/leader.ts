// Leader election.
import { type Clock, InvariantError, type Logger, type Prng } from '../lib/index.ts';
import type { ApiClient, LeaderElector, ObjectName } from './types.ts';

export interface LeaderElectorOptions {
  readonly client: ApiClient;
  /** The Lease: usually { namespace: 'kube-system', name: 'kube-scheduler' }. */
  readonly lease: ObjectName;
  /** Unique per process incarnation; `<host>_<pid>_<random>` when undefined. */
  readonly identity?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  readonly leaseDurationMs?: number | undefined;
  readonly renewDeadlineMs?: number | undefined;
  readonly retryPeriodMs?: number | undefined;
}

export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  throw new InvariantError(`being written: ${options.lease.name}`);
}
