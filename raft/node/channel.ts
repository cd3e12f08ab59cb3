// A channel within one thread: messages arrive in order, each in a later turn, as between threads.
import type { Defer } from './node.ts';
import type { Channel } from './ports.ts';

/** Two ends of a channel. After close() of either, nothing arrives any more. */
export function channelPair<A, B>(defer: Defer): readonly [Channel<A, B>, Channel<B, A>] {
  const state = { closed: false };
  const left = new End<A, B>(defer, state);
  const right = new End<B, A>(defer, state);
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class End<Out, In> implements Channel<Out, In> {
  peer: End<In, Out> | undefined;
  private readonly defer: Defer;
  private readonly state: { closed: boolean };
  private handler: ((message: In) => void) | undefined;
  private inbox: In[] = [];

  constructor(defer: Defer, state: { closed: boolean }) {
    this.defer = defer;
    this.state = state;
  }

  post(message: Out): void {
    this.peer?.take(message);
  }

  onMessage(handler: (message: In) => void): void {
    this.handler = handler;
  }

  close(): void {
    this.state.closed = true;
  }

  private take(message: In): void {
    this.inbox.push(message);
    if (this.inbox.length > 1) return;
    this.defer(() => {
      const messages = this.inbox;
      this.inbox = [];
      for (const each of messages) if (!this.state.closed) this.handler?.(each);
    });
  }
}
