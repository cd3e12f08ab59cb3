// A loop of creates at one server, with a ledger of what was acknowledged. When its server dies the client does what a
// user's would: it goes on through the load balancer at once, and repeats the create whose outcome it does not know.
import type { Clock } from '../../src/lib/index.ts';
import type { PlainClient } from '../http.ts';

/** One acknowledged create. */
export interface Acknowledgement {
  readonly name: string;
  readonly atMs: number;
  /** Of the server asked, or `balancer`. */
  readonly via: string;
}

/** A request that failed although its server lived; or an answer that nobody may give. */
export interface Failure {
  readonly name: string;
  readonly via: string;
  readonly atMs: number;
  readonly what: string;
}

export interface Ledger {
  readonly acknowledged: Acknowledgement[];
  readonly failures: Failure[];
  /** Connections that ended: expected for the clients of a killed server only. */
  readonly ended: Failure[];
}

export interface CreatesOptions {
  readonly client: PlainClient;
  readonly balancer: PlainClient;
  /** The id of the server that `client` talks to. */
  readonly server: string;
  readonly namespace: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export function emptyLedger(): Ledger {
  return { acknowledged: [], failures: [], ended: [] };
}

/** Creates one object after the other until the signal aborts; the last one is finished first. */
export async function createLoop(options: CreatesOptions, ledger: Ledger): Promise<void> {
  for (let i = 0; !options.signal.aborted; i += 1) {
    await createOne(options, `${options.prefix}-${i}`, ledger);
  }
}

async function createOne(options: CreatesOptions, name: string, ledger: Ledger): Promise<void> {
  const { clock, namespace } = options;
  let unknown = false;
  for (let attempt = 0; ; attempt += 1) {
    const client = attempt === 0 ? options.client : options.balancer;
    const via = attempt === 0 ? options.server : 'balancer';
    const answer = await client.send('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { name },
    });
    const atMs = clock.monotonic();
    if (answer.kind === 'ended') {
      unknown = true;
      ledger.ended.push({ name, via, atMs, what: answer.reason });
      if (options.signal.aborted && attempt > 0) return;
      continue;
    }
    // After an unknown outcome "already exists" is the acknowledgement that was lost.
    if (answer.status === 201 || (answer.status === 409 && unknown)) ledger.acknowledged.push({ name, atMs, via });
    else ledger.failures.push({ name, via, atMs, what: `${answer.status} ${answer.body.slice(0, 300)}` });
    return;
  }
}
