// Whether the server behind a watch still lives. A client has dozens of watches at one server, most of which have nothing to tell for
// minutes: to ping each of them would be the better part of what a cluster does at rest. So what one of them hears counts for the
// server; when nothing is heard one of them asks, when that brings nothing all of them do. A connection that was lost alone is noticed
// by its own silence, for the server pings each of them now and then.
import type { Clock } from '../lib/index.ts';
import { WATCH_OWN_SILENCE_MS, WATCH_PING_PERIOD_MS, WATCH_SILENCE_LIMIT_MS } from './limits.ts';

/** Of one server: what any of its watches heard. */
export class ServerPulse {
  #heardMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** At a beat: whether the watch that calls should ping. */
  asks(nowMs: number): boolean {
    if (nowMs - this.#heardMs < WATCH_PING_PERIOD_MS / 2) return false;
    if (this.#askedMs > this.#heardMs) return nowMs - this.#askedMs >= WATCH_PING_PERIOD_MS;
    this.#askedMs = nowMs;
    return true;
  }
}

/** Of one watch. */
export class WatchPulse {
  readonly #clock: Clock;
  readonly #server: ServerPulse;
  #heardMs: number;
  #pingedMs: number | undefined;

  constructor(clock: Clock, server: ServerPulse) {
    this.#clock = clock;
    this.#server = server;
    this.#heardMs = clock.monotonic();
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonic();
    this.#pingedMs = undefined;
    this.#server.heard(this.#heardMs);
  }

  /** Each WATCH_PING_PERIOD_MS: what is to be done. */
  beat(): { readonly kind: 'ping' | 'nothing' } | { readonly kind: 'silent'; readonly ms: number } {
    const nowMs = this.#clock.monotonic();
    const silentMs = nowMs - this.#heardMs;
    const unanswered = this.#pingedMs !== undefined && nowMs - this.#pingedMs >= WATCH_PING_PERIOD_MS;
    if (unanswered && silentMs >= WATCH_SILENCE_LIMIT_MS) return { kind: 'silent', ms: silentMs };
    if (!this.#server.asks(nowMs) && silentMs < WATCH_OWN_SILENCE_MS) return { kind: 'nothing' };
    this.#pingedMs ??= nowMs;
    return { kind: 'ping' };
  }
}
