// All HTTP/2 connections: those whose clients keep them waiting are ended, and all of them when the server drains.
import type { Socket } from 'node:net';
import { type Clock, every } from '../../../lib/index.ts';
import { CONNECTION_SWEEP_PERIOD_MS } from '../../limits.ts';
import { createDateText } from '../wire/answer-head.ts';
import { Http2Connection, type Http2Host } from './connection.ts';

export interface Http2Connections {
  /** Serves the requests of a socket that has agreed on `h2`, until it is closed. */
  take(socket: Socket): void;
  /** Ends those at rest, and the others with the answers under way. */
  close(): void;
}

/** Looks after its connections until `close`. */
export function createHttp2Connections(
  clock: Clock,
  { serve, calmed }: Pick<Http2Host, 'serve' | 'calmed'>,
): Http2Connections {
  const connections = new Set<Http2Connection>();
  let closed = false;
  const host: Http2Host = { serve, calmed, date: createDateText(clock), nowMs: () => clock.monotonic() };
  const sweep = every(clock, CONNECTION_SWEEP_PERIOD_MS, () => {
    for (const connection of connections) connection.sweep();
  });
  return {
    take(socket) {
      if (closed || socket.destroyed) {
        socket.destroy();
        return;
      }
      const connection = new Http2Connection(socket, host);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    },
    close() {
      closed = true;
      sweep.cancel();
      for (const connection of connections) connection.close();
    },
  };
}
