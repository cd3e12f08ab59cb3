// Plain HTTP as an administrator: what the wire carries, with every header, and nothing made nicer.
import { Agent, type RequestOptions, request } from 'node:https';
import type { Credentials } from '../../chaos/index.ts';
import type { ServerPool } from './pool.ts';

/** An object, a list or a Status as far as most tests look into it; they ask for a type of the models where they need more. */
export interface Body {
  kind: string;
  apiVersion: string;
  metadata: BodyMetadata;
  items: Body[];
  spec?: unknown;
  status?: unknown;
  data?: Record<string, string>;
  message?: string;
  reason?: string;
  code?: number;
  details?: { causes?: { field?: string; reason?: string; message?: string }[] };
}

export interface BodyMetadata {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
  /** Of lists. */
  continue?: string;
  remainingItemCount?: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly body: Body;
}

export interface RawRequest {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Body;
}

export interface RawClient {
  send(method: string, path: string, options?: RawRequest): Promise<RawAnswer>;
  /** The same, and throws when the status is not 2xx. Answers the body. */
  ok<T = Body>(method: string, path: string, options?: RawRequest): Promise<T>;
  /** Opens a stream of lines; `ended` when the server or `signal` ended it. Rejects with the status when it is refused. */
  stream(path: string, line: (text: string) => void, signal: AbortSignal): Promise<{ readonly ended: Promise<void> }>;
  close(): void;
}

const PATCH_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** The content type of a kind of patch. */
export function patchType(kind: 'json' | 'merge' | 'strategic'): string {
  return PATCH_TYPES[kind] ?? '';
}

export function createRawClient(pool: ServerPool, credentials: Credentials): RawClient {
  const agent = new Agent({ keepAlive: true, ...credentials });
  const send = (method: string, path: string, options: RawRequest = {}): Promise<RawAnswer> =>
    pool.use((url) => sendTo(agent, new URL(path, url), method, options));
  return {
    send,
    async ok<T>(method: string, path: string, options?: RawRequest) {
      const answer = await send(method, path, options);
      if (answer.status < 200 || answer.status > 299)
        throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text.slice(0, 2_000)}`);
      // What the test expects to find there; it looks.
      return answer.body as T;
    },
    stream: (path, line, signal) => openStream(new URL(path, pool.pick()), { agent, signal }, line),
    close: () => agent.destroy(),
  };
}

function sendTo(agent: Agent, url: URL, method: string, options: RawRequest): Promise<RawAnswer> {
  const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  const headers: Record<string, string> = { accept: options.accept ?? 'application/json', ...options.headers };
  if (options.body !== undefined) {
    headers['content-type'] = options.contentType ?? (method === 'PATCH' ? patchType('merge') : 'application/json');
    headers['content-length'] = String(Buffer.byteLength(text));
  }
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))));
    });
    call.on('error', reject);
    call.end(options.body === undefined ? undefined : text);
  });
}

function answerOf(status: number, headers: RawAnswer['headers'], bytes: Buffer): RawAnswer {
  const text = bytes.toString('utf8');
  return { status, headers, bytes, text, body: parsed(text) };
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {} as Body;
  }
}

function openStream(
  url: URL,
  options: Pick<RequestOptions, 'agent' | 'signal'>,
  line: (text: string) => void,
): Promise<{ readonly ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, headers: { accept: 'application/json' } }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`a watch of ${url.pathname} was answered ${response.statusCode}`));
        return;
      }
      let rest = '';
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString('utf8')).split('\n');
        rest = lines.pop() ?? '';
        for (const each of lines) if (each !== '') line(each);
      });
      const ended = new Promise<void>((done) => {
        response.once('close', done);
        response.once('error', () => done());
      });
      resolve({ ended });
    });
    call.on('error', reject);
    call.end();
  });
}
