// Sends the commits that wait here to the leader: those of one turn together, and again whatever may have been lost.
import type { Clock, Timer } from '../lib/index.ts';
import { RESEND_AFTER_MS, RESEND_DELAY_MS } from './limits.ts';
import type { PendingCommits } from './pending-commits.ts';

export interface CommitSenderOptions {
  readonly clock: Clock;
  readonly pending: PendingCommits;
  /** Runs something at the end of the turn. */
  readonly defer: (run: () => void) => void;
  /** A leader is known, this server's session stands, and its own disk keeps up. */
  maySend(): boolean;
  propose(commands: readonly Uint8Array[]): void;
}

export class CommitSender {
  readonly #options: CommitSenderOptions;
  #scheduled = false;
  #resendTimer: Timer | undefined;
  /** While commits wait for company. */
  #companyTimer: Timer | undefined;

  constructor(options: CommitSenderOptions) {
    this.#options = options;
  }

  /** Sends at the end of the turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  /** What was sent may be lost. */
  resend(): void {
    this.stop();
    this.#options.pending.beginPass();
    this.schedule();
  }

  /** The same leader dropped something, for want of room perhaps: give it a moment. */
  resendSoon(): void {
    this.#resendTimer ??= this.#options.clock.timer(RESEND_DELAY_MS, () => this.resend());
  }

  /** In case something was lost that nobody noticed. */
  keepHouse(): void {
    const { clock, pending } = this.#options;
    const sentAtMs = pending.oldestSentAtMs();
    if (sentAtMs !== undefined && clock.monotonic() - sentAtMs >= RESEND_AFTER_MS) this.resend();
    else this.#send();
  }

  stop(): void {
    this.#resendTimer?.cancel();
    this.#resendTimer = undefined;
    this.#companyTimer?.cancel();
    this.#companyTimer = undefined;
  }

  #send(): void {
    const { clock, pending, maySend, propose } = this.#options;
    if (!maySend()) return;
    const commands = pending.takeToSend();
    if (commands.length > 0) propose(commands);
    const { waitsMs } = pending;
    if (waitsMs === 0) return;
    this.#companyTimer ??= clock.timer(waitsMs, () => {
      this.#companyTimer = undefined;
      this.#send();
    });
  }
}
