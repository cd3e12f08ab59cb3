// A worker that starts together with its servers lets them go first: it can do nothing before one of them is ready, and what it
// would load meanwhile takes their processors. Not for ever: a node whose servers are down has pods to look after.
import { get } from 'node:https';
import { type Clock, sleep } from '../../lib/index.ts';
import type { Environment } from '../environment.ts';
import { readConfig, readText } from './config-file.ts';

const POLL_MS = 50;
const PATIENCE_MS = 5_000;
const ANSWER_LIMIT_MS = 1_000;

/** Resolves when an API server of the worker's configuration is ready, at the latest after PATIENCE_MS. */
export async function serversFirst(configFile: string, { clock, signal }: Environment): Promise<void> {
  const { caFile, client } = readConfig(configFile, 'worker');
  const ca = readText(caFile);
  const deadlineMs = clock.monotonic() + PATIENCE_MS;
  while (!signal.aborted && clock.monotonic() < deadlineMs) {
    const ready = await Promise.all(client.endpoints.map((endpoint) => isReady(`${endpoint}/readyz`, ca, clock)));
    if (ready.includes(true)) return;
    await sleep(clock, POLL_MS, signal);
  }
}

function isReady(url: string, ca: string, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { ca, agent: false }, (response) => {
      response.resume();
      settle(response.statusCode === 200);
    });
    const limit = clock.timer(ANSWER_LIMIT_MS, () => request.destroy());
    const settle = (answer: boolean): void => {
      limit.cancel();
      resolve(answer);
    };
    request.once('error', () => settle(false)).once('close', () => settle(false));
  });
}
