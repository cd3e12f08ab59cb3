// Messages on their way out. A message that promises something (a term, a vote, an append) waits for the disk; the rest
// leaves at once. The decision is made here and nowhere else, so that no sender can forget it.
import type { Message, Term } from './types.ts';

export class Outbox {
  readonly #isDurable: (message: Message) => boolean;
  #now: Message[] = [];
  /** Leaves with the next batch. Invariant: of the current term, because older promises are void (see voidBefore). */
  #waiting: Message[] = [];

  /** `isDurable` tells whether everything that a message promises is on the disk already. */
  constructor(isDurable: (message: Message) => boolean) {
    this.#isDurable = isDurable;
  }

  send(message: Message): void {
    if (this.#isDurable(message)) {
      this.#now.push(message);
      return;
    }
    const merged = this.#waiting.findIndex((earlier) => supersedes(message, earlier));
    if (merged >= 0) this.#waiting.splice(merged, 1);
    this.#waiting.push(message);
  }

  /**
   * The term has changed: promises of older terms that have not left yet never leave. Otherwise an acknowledgement
   * could ride on the batch of a newer term in which its entries were cut off.
   */
  voidBefore(term: Term): void {
    this.#waiting = this.#waiting.filter((message) => message.term >= term);
  }

  /** The disk has advanced: what it was waiting for may go. */
  release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) (this.#isDurable(message) ? this.#now : this.#waiting).push(message);
  }

  hasNow(): boolean {
    return this.#now.length > 0;
  }

  hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  takeNow(): readonly Message[] {
    const taken = this.#now;
    this.#now = [];
    return taken;
  }

  takeWaiting(): readonly Message[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}

/**
 * An acknowledgement of more makes an unsent one of less superfluous, and an answer to a heartbeat those to earlier ones: however
 * long the disk hangs, what waits for it stays small.
 */
function supersedes(message: Message, earlier: Message): boolean {
  if (message.to !== earlier.to || message.term !== earlier.term) return false;
  if (message.kind === 'heartbeatResponse')
    return earlier.kind === 'heartbeatResponse' && message.readRound >= earlier.readRound;
  return (
    message.kind === 'appendResponse' &&
    earlier.kind === 'appendResponse' &&
    message.result.kind === 'accepted' &&
    earlier.result.kind === 'accepted' &&
    message.result.match >= earlier.result.match
  );
}
