// Asks a server whether it is ready, as anyone may: no certificate is needed for /readyz.
import { request } from 'node:https';
import { messageOf } from '../src/lib/index.ts';
import type { ListenAddress } from './config.ts';
import { HEALTH_TIMEOUT_MS } from './limits.ts';

/** Longest part of a server's explanation that is kept. */
const REASON_LIMIT_CHARS = 500;

export interface ReadyAnswer {
  /** False: nobody spoke at all, or not in time. */
  readonly answered: boolean;
  readonly ready: boolean;
  /** Why not, in the server's own words or the connection's. */
  readonly reason: string;
}

/** Never rejects: a server that cannot be asked is not ready, and the reason says so. */
export function probeReady(address: ListenAddress, caPem: string): Promise<ReadyAnswer> {
  return new Promise((resolve) => {
    const call = request(
      {
        host: address.host,
        port: address.port,
        path: '/readyz?verbose',
        ca: caPem,
        timeout: HEALTH_TIMEOUT_MS,
        agent: false,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < REASON_LIMIT_CHARS) text += chunk;
        });
        response.on('end', () =>
          resolve({ answered: true, ready: response.statusCode === 200, reason: text.slice(0, REASON_LIMIT_CHARS) }),
        );
        response.on('error', (error) => resolve({ answered: false, ready: false, reason: messageOf(error) }));
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${HEALTH_TIMEOUT_MS} ms`)));
    call.on('error', (error) => resolve({ answered: false, ready: false, reason: messageOf(error) }));
    call.end();
  });
}
