// One question to a server of the cluster. The server may be killed at any moment of it, and says nothing at all when it
// hangs: every way it can end is an answer here, and none takes longer than the time-out.
import { Agent, request } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { codeOf, messageOf } from '../src/lib/index.ts';
import type { ListenAddress } from './config.ts';
import { ANSWER_LIMIT_CHARS, HEALTH_TIMEOUT_MS } from './limits.ts';

export interface Question {
  readonly address: ListenAddress;
  readonly path: string;
  /** Whom to trust, and who asks: from tlsOf(). */
  readonly tls: SecureContext;
  /** Given: it is a POST of this value as JSON. */
  readonly body?: unknown;
  /** HEALTH_TIMEOUT_MS unless given. */
  readonly timeoutMs?: number;
  /** Whoever asks again and again keeps the connections: a handshake costs both sides more than a question. */
  readonly kept?: Agent | undefined;
}

export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  /** Nobody spoke, not in time, or not to the end. */
  | { readonly kind: 'none'; readonly reason: string };

/** PEM texts: whom to trust, and who asks; without the latter questions are anonymous. To be kept for many questions. */
export function tlsOf(caPem: string, asker?: { readonly cert: string; readonly key: string }): SecureContext {
  return createSecureContext({ ca: caPem, ...asker });
}

/** For Question.kept; to be destroyed when nothing is asked any more. */
export function keptConnections(): Agent {
  return new Agent({ keepAlive: true, maxFreeSockets: 1 });
}

/** Never rejects. */
export function ask(question: Question): Promise<Reply> {
  return put(question, AbortSignal.timeout(question.timeoutMs ?? HEALTH_TIMEOUT_MS));
}

/** Until `deadline`, which a second question shares with the first. */
function put(question: Question, deadline: AbortSignal): Promise<Reply> {
  const { address, path, tls, body, timeoutMs = HEALTH_TIMEOUT_MS, kept = false } = question;
  return new Promise((resolve) => {
    const none = (error: unknown): void => {
      const reason = deadline.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error);
      resolve({ kind: 'none', reason });
    };
    const { method, headers, text: sent } = contentOf(body);
    const options = { host: address.host, port: address.port, path, method, headers, secureContext: tls };
    const call = request({ ...options, signal: deadline, agent: kept }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < ANSWER_LIMIT_CHARS) text += chunk;
      });
      response.on('end', () => resolve({ kind: 'answer', status: response.statusCode ?? 0, text }));
      response.on('error', none);
    });
    call.on('error', (error) => {
      // A kept connection that has ended since says nothing of the server. A question alone may be asked twice.
      const isOld = call.reusedSocket && body === undefined && codeOf(error) === 'ECONNRESET';
      if (isOld && !deadline.aborted) resolve(put({ ...question, kept: undefined }, deadline));
      else none(error);
    });
    call.end(sent);
  });
}

function contentOf(body: unknown): { method: string; headers: Readonly<Record<string, string>>; text: string } {
  if (body === undefined) return { method: 'GET', headers: {}, text: '' };
  return { method: 'POST', headers: { 'content-type': 'application/json' }, text: JSON.stringify(body) };
}
