// A channel between two threads, over a worker's message port.
import type { MessagePort, Worker } from 'node:worker_threads';
import type { Channel } from '../../node/index.ts';

/** One end of a channel: a worker as its parent sees it, or a port within the worker. */
export function portChannel<Out, In>(port: MessagePort | Worker): Channel<Out, In> {
  let handler: ((message: In) => void) | undefined;
  // A Worker and a MessagePort have this method alike, but their overloads do not unite.
  const emitter: { on(event: 'message', listener: (message: In) => void): unknown } = port;
  emitter.on('message', (message) => handler?.(message));
  return {
    post(message, transfer = []) {
      port.postMessage(message, [...transfer]);
    },
    onMessage(next) {
      handler = next;
    },
    close() {
      handler = undefined;
    },
  };
}
