// Asks a server whether it is ready, as anyone may: no certificate is needed for /readyz.
import { ask, type Question } from './ask.ts';
import { REASON_LIMIT_CHARS } from './limits.ts';

export interface ReadyAnswer {
  /** False: nobody spoke at all, or not in time. */
  readonly answered: boolean;
  readonly ready: boolean;
  /** Why not, in the server's own words or the connection's. */
  readonly reason: string;
}

/** Never rejects: a server that cannot be asked is not ready, and the reason says so. */
export async function probeReady(whom: Pick<Question, 'address' | 'tls' | 'kept'>): Promise<ReadyAnswer> {
  const reply = await ask({ ...whom, path: '/readyz?verbose' });
  switch (reply.kind) {
    case 'answer':
      return { answered: true, ready: reply.status === 200, reason: reply.text.slice(0, REASON_LIMIT_CHARS) };
    case 'none':
      return { answered: false, ready: false, reason: reply.reason };
  }
}
