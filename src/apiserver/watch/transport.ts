// The two ways a watch reaches its client: a chunked HTTP answer, one event after another, or a WebSocket, one event a message.
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../lib/index.ts';
import type { AnswerStream } from '../http/exchange.ts';
import { WEBSOCKET_PING_PERIOD_MS } from '../limits.ts';
import type { EventFraming } from './framing.ts';

export interface WatchTransport {
  /** Sends encoded events, which tell themselves apart. */
  send(events: readonly Uint8Array[]): void;
  /** What the client has not taken yet. */
  pendingBytes(): number;
  /** Resolves when the client has taken what was sent, or is gone. */
  drained(): Promise<void>;
  /** Ends the stream in good order. */
  end(): void;
  /** Breaks it off, dropping what is pending. */
  destroy(): void;
  /** Calls back once, when the client is gone or the stream has ended. */
  onClosed(listener: () => void): void;
}

/** What was joined last: watchers that see the same events are written to one after another. */
let lastJoined: { readonly lines: readonly Uint8Array[]; readonly bytes: Uint8Array } | undefined;

/** Lines in one piece, which watchers of the same events share. */
export function joinedLines(lines: readonly Uint8Array[]): Uint8Array {
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return only;
  const last = lastJoined;
  if (last !== undefined && last.lines.length === lines.length && last.lines.every((line, at) => line === lines[at]))
    return last.bytes;
  const bytes = Buffer.concat(lines);
  lastJoined = { lines, bytes };
  return bytes;
}

/** Sends the head at once, so that the client knows that it is watching. */
export function httpTransport(outgoing: AnswerStream): WatchTransport {
  outgoing.flushHeaders();
  return {
    send(events) {
      if (!outgoing.destroyed) outgoing.writeShared(joinedLines(events));
    },
    pendingBytes: () => outgoing.unsentBytes(),
    drained: () => outgoing.drained(),
    end: () => {
      outgoing.end();
    },
    destroy: () => {
      outgoing.destroy();
    },
    onClosed: (listener) => {
      outgoing.once('close', listener);
    },
  };
}

/** `connection`: what the WebSocket writes to. */
export function webSocketTransport(
  socket: WebSocket,
  connection: Duplex,
  clock: Clock,
  { isText, prefixBytes }: Pick<EventFraming, 'isText' | 'prefixBytes'>,
): WatchTransport {
  let waiting: (() => void)[] = [];
  const release = (): void => {
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve();
  };
  let alive = true;
  let pinger: Timer | undefined;
  const ping = (): void => {
    pinger = clock.timer(WEBSOCKET_PING_PERIOD_MS, () => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
      ping();
    });
  };
  ping();
  socket.on('pong', () => {
    alive = true;
  });
  // An error is followed by close, which is all that matters here.
  socket.on('error', () => {});
  socket.once('close', () => {
    pinger?.cancel();
    release();
  });
  return {
    send(events) {
      // One write, and at the other end one reading, for all of them.
      connection.cork();
      for (const event of events) {
        if (socket.readyState !== socket.OPEN) break;
        socket.send(prefixBytes === 0 ? event : event.subarray(prefixBytes), { binary: !isText });
      }
      connection.uncork();
    },
    pendingBytes: () => socket.bufferedAmount,
    drained() {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount === 0) return Promise.resolve();
      // What waits need not be ours (the answer to the handshake, a pong), and then nothing of ours tells when it left: a
      // ping queues behind all of it.
      return new Promise((resolve) => {
        waiting.push(resolve);
        socket.ping(undefined, undefined, release);
      });
    },
    end: () => socket.close(1000),
    destroy: () => socket.terminate(),
    onClosed: (listener) => {
      socket.once('close', listener);
    },
  };
}
