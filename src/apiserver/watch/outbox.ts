// The events of one watch on their way to its client: encoded, gathered until the pacer's next round, and counted against
// what may wait for a slow client.
import { WATCH_BUDGET_BYTES, WATCH_ROUND_BYTES } from '../limits.ts';
import type { WatchPacer } from './pacer.ts';
import type { WatchTransport } from './transport.ts';

export class Outbox {
  readonly #transport: WatchTransport;
  readonly #pacer: WatchPacer;
  readonly #sent: (events: number) => void;
  readonly #failed: (error: unknown) => void;
  /** Its round is shared with other watches: what goes wrong here is this one's alone. */
  readonly #flush = (): void => {
    try {
      this.flush();
    } catch (error) {
      this.drop();
      this.#failed(error);
    }
  };
  #lines: Uint8Array[] = [];
  #bytes = 0;

  constructor(
    transport: WatchTransport,
    pacer: WatchPacer,
    sent: (events: number) => void,
    failed: (error: unknown) => void,
  ) {
    this.#transport = transport;
    this.#pacer = pacer;
    this.#sent = sent;
    this.#failed = failed;
  }

  /** Takes encoded events. Returns false when more waits for this client than may. */
  put(lines: readonly Uint8Array[]): boolean {
    for (const line of lines) {
      this.#lines.push(line);
      this.#bytes += line.length;
    }
    if (this.#bytes >= WATCH_ROUND_BYTES) this.flush();
    else this.#pacer.soon(this.#flush);
    return this.#transport.pendingBytes() + this.#bytes <= WATCH_BUDGET_BYTES;
  }

  /** Hands over what has gathered. */
  flush(): void {
    if (this.#lines.length === 0) return;
    this.#transport.send(this.#lines);
    this.#sent(this.#lines.length);
    this.drop();
  }

  /** Forgets what has gathered: nobody takes it any more. */
  drop(): void {
    this.#lines = [];
    this.#bytes = 0;
  }
}
