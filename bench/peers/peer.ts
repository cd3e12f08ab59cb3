// A cluster under load, of whichever system: what a job needs to reach it, and the processes that it consists of.
import type { LoadJob } from '../load/generator.ts';
import type { Who } from '../report/types.ts';

export interface Peer {
  readonly who: Who;
  /** What every job at it says, with clients spread over all servers. */
  readonly base: Pick<LoadJob, 'target' | 'endpoints' | 'ca' | 'cert' | 'key' | 'path'>;
  /** The servers' processes now. */
  pids(): readonly number[];
  /** The place of the leader among `base.endpoints`; resolves when one is known. */
  leader(): Promise<number>;
  /** Kills the server at that place with -9. It is started again. */
  kill(at: number): Promise<void>;
  /** Resolves when all servers are there again and agree on a leader. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}
