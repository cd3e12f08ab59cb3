// A worker that starts together with its servers lets them go first: it can do nothing before one of them is ready, and what it
// would load meanwhile takes their processors. Not for ever: a node whose servers are down has pods to look after.
import { ask, tlsOf } from '../../../cluster/index.ts';
import { sleep } from '../../lib/index.ts';
import type { Environment } from '../environment.ts';
import { readConfig, readText } from './config-file.ts';

const POLL_MS = 150;
const PATIENCE_MS = 5_000;
const ANSWER_LIMIT_MS = 1_000;

/** Resolves when an API server of the worker's configuration is ready, at the latest after PATIENCE_MS. */
export async function serversFirst(configFile: string, { clock, signal }: Environment): Promise<void> {
  const { caFile, client } = readConfig(configFile, 'worker');
  const tls = tlsOf(readText(caFile));
  const isReady = async (endpoint: string): Promise<boolean> => {
    const { hostname: host, port } = new URL(endpoint);
    const reply = await ask({
      address: { host, port: Number(port) },
      path: '/readyz',
      tls,
      timeoutMs: ANSWER_LIMIT_MS,
    });
    return reply.kind === 'answer' && reply.status === 200;
  };
  const deadlineMs = clock.monotonic() + PATIENCE_MS;
  while (!signal.aborted && clock.monotonic() < deadlineMs) {
    const ready = await Promise.all(client.endpoints.map(isReady));
    if (ready.includes(true)) return;
    await sleep(clock, POLL_MS, signal);
  }
}
