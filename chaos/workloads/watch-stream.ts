// One watch stream over chunked HTTP, on a connection of its own: each line as it comes, until it ends for whatever reason.
import { Agent, request } from 'node:https';
import { type Clock, messageOf } from '../../src/lib/index.ts';
import type { Credentials } from '../http.ts';
import { WATCH_SILENT_MS } from '../limits.ts';

export interface WatchLine {
  readonly type: string;
  readonly object: {
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string;
      readonly resourceVersion: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly data?: { readonly value?: string };
    readonly code?: number;
    readonly message?: string;
  };
}

export interface WatchStreamOptions {
  /** The server's address. */
  readonly url: string;
  /** The resource's path with its query, `watch=true` among it. */
  readonly path: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** It is closed from this side after so long, or when nothing was heard for WATCH_SILENT_MS. */
  readonly lastsMs: number;
  /** Answers true when that was enough. */
  readonly line: (line: WatchLine) => boolean;
  /** A status that is no server's trouble, or a line that is none. */
  readonly refused: (status: number, text: string) => void;
}

/** Resolves when the stream is over. */
export function watchStream({
  url,
  path,
  credentials,
  clock,
  lastsMs,
  line,
  refused,
}: WatchStreamOptions): Promise<void> {
  const agent = new Agent(credentials);
  return new Promise((resolve) => {
    const call = request(new URL(path, url), { agent, timeout: WATCH_SILENT_MS });
    const timer = clock.timer(lastsMs, () => call.destroy());
    let over = false;
    const take = (text: string): void => {
      if (!over && line(JSON.parse(text) as WatchLine)) {
        over = true;
        call.destroy();
      }
    };
    call.on('response', (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        try {
          if (response.statusCode === 200) for (const each of lines) take(each);
          else if ((response.statusCode ?? 0) < 500) refused(response.statusCode ?? 0, text.slice(0, 300));
        } catch (error) {
          refused(0, messageOf(error));
        }
      });
      response.on('error', () => call.destroy());
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => call.destroy());
    call.on('close', () => {
      timer.cancel();
      agent.destroy();
      resolve();
    });
    call.end();
  });
}
