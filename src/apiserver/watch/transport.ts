// The two ways a watch reaches its client: a chunked HTTP answer, one event a line, or a WebSocket, one event a message.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../lib/index.ts';
import { WEBSOCKET_PING_PERIOD_MS } from '../limits.ts';

export interface WatchTransport {
  /** Sends encoded events, each with its closing newline. */
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

let lastChunk: { readonly bytes: Uint8Array; readonly chunk: Buffer } | undefined;

/** Bytes framed as one chunk (RFC 9112 §7.1), which watchers share like the bytes themselves. */
function chunkOf(bytes: Uint8Array): Buffer {
  if (lastChunk?.bytes === bytes) return lastChunk.chunk;
  const chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, CRLF]);
  lastChunk = { bytes, chunk };
  return chunk;
}

const CRLF = Buffer.from('\r\n');

/**
 * Whether a chunk may go to the socket past the message, which would make three writes of it for each watcher: only while
 * the message itself holds nothing back, as it does behind an earlier answer of its connection.
 */
function isDirect(outgoing: ServerResponse, socket: Socket): boolean {
  return outgoing.chunkedEncoding && outgoing.writableLength === socket.writableLength;
}

/** Writes the head of a 200 at once, so that the client knows that it is watching. */
export function httpTransport(outgoing: ServerResponse, contentType: string, auditId: string): WatchTransport {
  outgoing.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache, private', 'audit-id': auditId });
  outgoing.flushHeaders();
  outgoing.socket?.setNoDelay(true);
  return {
    send(events) {
      if (outgoing.destroyed) return;
      const bytes = joinedLines(events);
      const { socket } = outgoing;
      if (socket !== null && isDirect(outgoing, socket)) socket.write(chunkOf(bytes));
      else outgoing.write(bytes);
    },
    pendingBytes: () => outgoing.writableLength,
    drained() {
      const full = [outgoing, outgoing.socket].find((stream) => stream?.writableNeedDrain);
      if (outgoing.destroyed || full === undefined || full === null) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          full.off('drain', done);
          outgoing.off('close', done);
          resolve();
        };
        full.on('drain', done);
        outgoing.on('close', done);
      });
    },
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

export function webSocketTransport(socket: WebSocket, clock: Clock): WatchTransport {
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
      for (const event of events) {
        if (socket.readyState !== socket.OPEN) return;
        socket.send(event, { binary: false });
      }
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
