// A client that hides nothing: one address, kept-alive connections, no retry. What the connection does, the caller sees.
import { Agent, request } from 'node:https';
import { codeOf, messageOf } from '../src/lib/index.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  /** Refused, reset or timed out: the outcome is unknown. */
  | {
      readonly kind: 'ended';
      readonly reason: string;
      /** True: nobody accepted the connection, so nothing was asked. */
      readonly refused: boolean;
    };

export interface PlainClient {
  readonly url: string;
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Sends a text as it is, whatever it is. */
  sendText(method: string, path: string, text: string, contentType: string): Promise<Answer>;
  close(): void;
}

/** Connections go to `url` only: a server's own address, or the load balancer's. */
export function plainClient(url: string, credentials: Credentials, timeoutMs = REQUEST_TIMEOUT_MS): PlainClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...credentials });
  return {
    url,
    send: (method, path, body) => {
      const text = body === undefined ? undefined : { text: JSON.stringify(body), type: 'application/json' };
      return send({ agent, timeoutMs }, new URL(path, url), method, text);
    },
    sendText: (method, path, text, type) => send({ agent, timeoutMs }, new URL(path, url), method, { text, type }),
    close: () => agent.destroy(),
  };
}

interface Connection {
  readonly agent: Agent;
  readonly timeoutMs: number;
}

interface Body {
  readonly text: string;
  readonly type: string;
}

function send({ agent, timeoutMs }: Connection, url: URL, method: string, body: Body | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const ended = (error: unknown): void =>
      resolve({ kind: 'ended', reason: messageOf(error), refused: codeOf(error) === 'ECONNREFUSED' });
    const headers =
      body === undefined ? {} : { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) };
    const call = request(url, { agent, method, headers, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', ended);
      response.on('aborted', () => ended(new Error('the answer was cut off')));
      response.on('end', () =>
        resolve({ kind: 'answered', status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.on('error', ended);
    call.end(body?.text);
  });
}
