// One request as Node's HTTP server gives it: what a connection of our own (wire/) leaves to that.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { receiveBody } from './body.ts';
import { type AnswerHeaders, type AnswerStream, type Exchange, eventOrClosed } from './exchange.ts';

export function nodeExchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
  return {
    target: incoming.url ?? '/',
    socket: incoming.socket,
    get isAnswered() {
      return outgoing.headersSent;
    },
    readBody: () => receiveBody(incoming, outgoing),
    answer(status, headers, body) {
      outgoing.writeHead(status, headers);
      outgoing.end(body);
    },
    stream: (status, headers) => answerStream(outgoing, status, headers),
    destroy: () => void incoming.socket.destroy(),
  };
}

function answerStream(outgoing: ServerResponse, status: number, headers: AnswerHeaders): AnswerStream {
  outgoing.writeHead(status, headers);
  const full = (): ServerResponse | Socket | undefined =>
    [outgoing, outgoing.socket].find((stream) => stream?.writableNeedDrain === true) ?? undefined;
  return Object.assign(outgoing, {
    writeShared: (bytes: Uint8Array): void => void outgoing.write(bytes),
    unsentBytes: () => outgoing.writableLength,
    drained(): Promise<void> {
      const stream = full();
      return outgoing.destroyed || stream === undefined ? Promise.resolve() : eventOrClosed(stream, 'drain', outgoing);
    },
  });
}
