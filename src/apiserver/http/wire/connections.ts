// All connections of our own: those whose clients keep them waiting are ended, and all of them when the server drains.
import type { Socket } from 'node:net';
import { type Clock, every } from '../../../lib/index.ts';
import {
  CONNECTION_SWEEP_PERIOD_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  RECEIVE_TIMEOUT_MS,
} from '../../limits.ts';
import { createDateText } from './answer-head.ts';
import { type ConnectionHost, type Waiting, WireConnection } from './connection.ts';

const PATIENCE_MS: Readonly<Record<Waiting['what'], number>> = {
  firstRequest: HEADERS_TIMEOUT_MS,
  request: KEEP_ALIVE_TIMEOUT_MS,
  body: RECEIVE_TIMEOUT_MS,
  reading: KEEP_ALIVE_TIMEOUT_MS,
};

export interface WireConnections {
  /** Serves the requests of a socket, until it is handed over or closed. */
  take(socket: Socket, handOver: (socket: Socket) => void): void;
  /** Ends those at rest, and the others with the answers under way. */
  close(): void;
}

/** Looks after its connections until `close`. */
export function createConnections(clock: Clock, serve: ConnectionHost['serve']): WireConnections {
  const connections = new Set<WireConnection>();
  let closed = false;
  const date = createDateText(clock);
  const nowMs = (): number => clock.monotonic();
  const sweep = every(clock, CONNECTION_SWEEP_PERIOD_MS, () => {
    for (const connection of connections) {
      const waiting = connection.waiting();
      if (waiting !== undefined && nowMs() - waiting.sinceMs > PATIENCE_MS[waiting.what]) connection.giveUp();
    }
  });
  return {
    take(socket, handOver) {
      const connection = new WireConnection(socket, {
        serve,
        date,
        nowMs,
        handOver(handed) {
          connections.delete(connection);
          handOver(handed);
        },
      });
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
      if (closed) connection.close();
    },
    close() {
      closed = true;
      sweep.cancel();
      for (const connection of connections) connection.close();
    },
  };
}
