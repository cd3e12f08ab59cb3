// What travels with one request through its steps: the bindings of node, and what each step has found out.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Context } from 'hono';
import type { CancelSignal } from '../../lib/index.ts';
import type { Seat } from '../fairness/seat.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo } from '../request-info/parse.ts';
import type { Exchange } from './exchange.ts';

/** How a request came: all undefined when a test calls the application without a socket. */
export interface Bindings {
  readonly exchange?: Exchange;
  /** For a WebSocket handshake instead: the socket, which whoever takes it answers on. */
  readonly upgrade?: { readonly incoming: IncomingMessage; readonly socket: Duplex; readonly head: Buffer };
}

export interface Variables {
  auditId: string;
  query: URLSearchParams;
  info: RequestInfo;
  user: UserInfo;
  /** Aborts at the request's deadline, or when its client gives it up. */
  signal: CancelSignal;
  /** The place that it was given, if it needs one: see app.ts. */
  seat: Seat | undefined;
  /** Headers of the answer that say how it was classified. */
  flowHeaders: Readonly<Record<string, string>> | undefined;
  /** Headers of the answer beside its own: see addHeader. */
  headers: Record<string, string> | undefined;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: Variables;
}

export type AppContext = Context<AppEnv>;
