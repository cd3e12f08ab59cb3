// Leader election on a Lease. Two guards keep two leaders from acting: a local deadline, counted from before the last
// successful renewal was sent, and the fence (types.ts), which makes the servers refuse what a former leader still sends.
//
// Why both, as a story:
// 1. A leads and renews; its process freezes just after it decided to write.
// 2. The lease runs out by B's clock; B becomes the holder, which raises the fence, and acts.
// 3. A wakes. Its deadline has passed: fence() answers nothing, and its client sends nothing.
// 4. Only a write that A had already handed to the network is still on its way: it carries the old fence and is refused.
//
// Clocks of different machines are never compared: a candidate measures with its own how long the record stood still.
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import type { Lease, LeaseSpec, Served } from '../api/index.ts';
import { type Clock, type Logger, messageOf, onBeat, type Prng, rfc3339Micro, sleep, untilBeat } from '../lib/index.ts';
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import { isVacant, outwait, restOfTermMs, type SeenLease } from './lease-watch.ts';
import {
  LEASE_DURATION_MS,
  LEASE_RELEASE_TIMEOUT_MS,
  LEASE_RENEW_DEADLINE_MS,
  LEASE_RETRY_PERIOD_MS,
} from './limits.ts';
import { LEASES } from './resources.ts';
import type { ApiClient, Fence, GetOptions, LeaderElector, ObjectName, RequestOptions } from './types.ts';

/** Pauses as shares of the period between renewals: when nothing is known of the lease, and after a renewal that failed. */
const BLIND_PAUSE = 0.5;
const FAILED_PAUSE = 0.25;
/** What all candidates wait for, each tries apart by up to this share of that period. */
const SPREAD = 0.05;
/** How much of its deadline one renewal may take. */
const RENEWAL_SHARE = 0.3;

export interface LeaderElectorOptions {
  readonly client: ApiClient;
  /** The Lease: usually { namespace: 'kube-system', name: 'kube-scheduler' }. */
  readonly lease: ObjectName;
  /** Unique per process incarnation; `<host>_<pid>_<random>` when undefined. */
  readonly identity?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** How long others respect a lease that is not renewed; LEASE_DURATION_MS when undefined, and so on. */
  readonly leaseDurationMs?: number | undefined;
  /** Less than leaseDurationMs: when a leader that cannot renew stops. */
  readonly renewDeadlineMs?: number | undefined;
  readonly retryPeriodMs?: number | undefined;
}

export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  const { clock, random, logger } = options;
  const identity = options.identity ?? `${hostname()}_${process.pid}_${random.uint32().toString(16).padStart(8, '0')}`;
  const retryPeriodMs = options.retryPeriodMs ?? LEASE_RETRY_PERIOD_MS;
  const candidate = new Candidate(options, identity);

  return {
    identity,
    isLeader: () => candidate.fence() !== undefined,
    async run(signal, lead) {
      while (!signal.aborted) {
        if (!(await candidate.tryOnce(signal))) {
          const isBlind = await candidate.awaitVacancy(signal);
          await sleep(clock, retryPeriodMs * ((isBlind ? BLIND_PAUSE : 0) + SPREAD * random.float()), signal);
          continue;
        }
        logger.info({ lease: options.lease.name, identity }, 'leading');
        await holdOffice(candidate, { clock, retryPeriodMs, logger }, signal, lead);
        logger.info({ lease: options.lease.name, identity }, 'no longer leading');
        // Others first: whatever ended this term would end the next one too.
        await sleep(clock, retryPeriodMs, signal);
      }
      await candidate.release();
    },
  };
}

interface Office {
  readonly clock: Clock;
  readonly retryPeriodMs: number;
  readonly logger: Logger;
}

/** Runs `lead` and renews beside it, until the first of: `signal`, a lost lease, the end of `lead`. */
async function holdOffice(
  candidate: Candidate,
  { clock, retryPeriodMs, logger }: Office,
  signal: AbortSignal,
  lead: (fence: () => Fence | undefined, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const term = new AbortController();
  // Each request under way and each loop of the leader listens: many listeners are no leak here.
  setMaxListeners(0, term.signal);
  const stop = (): void => term.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // The deadline is watched on its own: a renewal that hangs must not hide that the time is up.
  const watchdog = onBeat(clock, retryPeriodMs / 4, () => {
    if (candidate.fence() === undefined) stop();
  });
  const renewing = (async () => {
    let pauseMs = untilBeat(clock, retryPeriodMs);
    while (!term.signal.aborted) {
      await sleep(clock, pauseMs, term.signal);
      if (term.signal.aborted) return;
      const isRenewed = await candidate.tryOnce(term.signal);
      if (candidate.fence() === undefined) stop();
      pauseMs = isRenewed ? untilBeat(clock, retryPeriodMs) : retryPeriodMs * FAILED_PAUSE;
    }
  })();
  try {
    await lead(candidate.fence, term.signal);
  } catch (error) {
    if (!term.signal.aborted) logger.error({ error: messageOf(error) }, 'what the leader runs failed');
  } finally {
    stop();
    watchdog.cancel();
    signal.removeEventListener('abort', stop);
    await renewing;
    await candidate.release();
  }
}

/** A moment in both times: a machine that slept may have stopped one of them, and the larger difference counts. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What proves that the lease is ours, and since when. */
interface Held {
  readonly lease: Served<Lease>;
  readonly fence: Fence;
  /** Before the renewal was sent that made it so. */
  readonly at: Moment;
}

/** The lease as this process knows it, and what it may do to it. None of its methods rejects. */
class Candidate {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #name: ObjectName;
  readonly #identity: string;
  readonly #durationSeconds: number;
  readonly #renewDeadlineMs: number;
  /** The lease while it was another's. */
  #seen: SeenLease | undefined;
  #held: Held | undefined;
  #complaint = '';

  constructor(options: LeaderElectorOptions, identity: string) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ lease: options.lease.name });
    this.#name = options.lease;
    this.#identity = identity;
    this.#durationSeconds = Math.max(1, Math.ceil((options.leaseDurationMs ?? LEASE_DURATION_MS) / 1000));
    this.#renewDeadlineMs = options.renewDeadlineMs ?? LEASE_RENEW_DEADLINE_MS;
  }

  /** The proof of leadership; undefined when the lease is not ours, or no longer for certain. */
  readonly fence = (): Fence | undefined => {
    return this.#held === undefined || this.#expired(this.#held.at) ? undefined : this.#held.fence;
  };

  /** Acquires or renews; true when it did. */
  async tryOnce(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#held !== undefined && !this.#expired(this.#held.at)) await this.#renew(this.#held.lease, signal);
      else await this.#acquire(signal);
      this.#complaint = '';
      return this.fence() !== undefined;
    } catch (error) {
      const text = messageOf(error);
      const everyday = signal.aborted || isConflict(error) || isAlreadyExists(error) || text === this.#complaint;
      this.#logger[everyday ? 'debug' : 'warn']({ error: text }, 'the lease was neither got nor renewed');
      this.#complaint = text;
      return false;
    }
  }

  /**
   * Waits while another holds the lease. Resolves with whether the wait was blind: nothing is known of the lease, and how long to
   * wait is the caller's to choose.
   */
  async awaitVacancy(signal: AbortSignal): Promise<boolean> {
    const seen = this.#seen;
    if (seen === undefined || restOfTermMs(seen, this.#clock.monotonic()) <= 0) return true;
    const outcome = await outwait({ client: this.#client, clock: this.#clock, identity: this.#identity }, seen, signal);
    this.#seen = outcome.seen;
    return outcome.isBlind;
  }

  /** Gives the lease up, so that the next leader need not wait for it to run out. */
  async release(): Promise<void> {
    const last = this.#held;
    this.#held = undefined;
    if (last === undefined) return;
    try {
      await this.#giveUp(last.lease).catch(async (error: unknown) => {
        // The answer to our last renewal did not arrive: the record is newer than we know, but may be ours.
        if (!isConflict(error)) throw error;
        const current = await this.#read({ timeoutMs: LEASE_RELEASE_TIMEOUT_MS });
        if (current?.spec?.holderIdentity === this.#identity) await this.#giveUp(current);
      });
    } catch (error) {
      this.#logger.debug({ error: messageOf(error) }, 'the lease could not be given up: it will run out');
    }
  }

  async #renew(lease: Served<Lease>, signal: AbortSignal): Promise<void> {
    try {
      await this.#update(lease, { renewTime: this.#nowText() }, signal);
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      await this.#acquire(signal);
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    // Who merely waits need not know the newest: what it writes then is refused if it was wrong.
    const resourceVersion = this.#held === undefined ? '0' : undefined;
    const current = await this.#read({ signal, timeoutMs: this.#timeoutMs, resourceVersion });
    const nowText = this.#nowText();
    const claimed = {
      holderIdentity: this.#identity,
      leaseDurationSeconds: this.#durationSeconds,
      acquireTime: nowText,
      renewTime: nowText,
    } as const;
    if (current === undefined) {
      this.#held = undefined;
      this.#seen = undefined;
      const lease: Lease = { metadata: { ...this.#name }, spec: { ...claimed, leaseTransitions: 0 } };
      await this.#claim((rest) => this.#client.create(LEASES, lease, rest), signal);
      return;
    }
    // A renewal of ours whose answer was lost, or a stranger's annotation: still our term.
    if (current.spec?.holderIdentity === this.#identity) {
      await this.#update(current, { renewTime: nowText, leaseDurationSeconds: this.#durationSeconds }, signal);
      return;
    }
    this.#held = undefined;
    if (!isVacant(current) && !this.#ranOut(current)) return;
    const leaseTransitions = (current.spec?.leaseTransitions ?? 0) + 1;
    await this.#update(current, { ...claimed, leaseTransitions }, signal);
  }

  #update(current: Served<Lease>, spec: LeaseSpec, signal: AbortSignal): Promise<void> {
    const lease = { ...current, spec: { ...current.spec, ...spec } };
    return this.#claim((rest) => this.#client.update(LEASES, lease, rest), signal);
  }

  /** Sends a lease that names us and keeps what proves it; the deadline counts from before the sending. */
  async #claim(write: (options: RequestOptions) => Promise<Served<Lease>>, signal: AbortSignal): Promise<void> {
    const at = { monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() };
    let fence: Fence | undefined;
    const onFence = (given: Fence): void => {
      fence = given;
    };
    const lease = await write({ signal, timeoutMs: this.#timeoutMs, onFence });
    if (fence === undefined) throw new Error('the server answered a Lease without a fence');
    this.#held = { lease, fence, at };
  }

  async #read(rest: GetOptions): Promise<Served<Lease> | undefined> {
    try {
      return await this.#client.get(LEASES, this.#name, rest);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #giveUp(lease: Served<Lease>): Promise<void> {
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: this.#nowText() };
    await this.#client.update(LEASES, { ...lease, spec }, { timeoutMs: LEASE_RELEASE_TIMEOUT_MS });
  }

  /** Whether the record stood still, by our own clock, for as long as its holder asked to be respected. */
  #ranOut(lease: Served<Lease>): boolean {
    const nowMs = this.#clock.monotonic();
    if (this.#seen?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion)
      this.#seen = { lease, sinceMs: nowMs };
    return restOfTermMs(this.#seen, nowMs) <= 0;
  }

  #expired(at: Moment): boolean {
    const elapsedMs = Math.max(this.#clock.monotonic() - at.monotonicMs, this.#clock.now() - at.wallMs);
    return elapsedMs >= this.#renewDeadlineMs;
  }

  /** A renewal that hangs must leave time for another, though none was sent in the first two fifths of the deadline. */
  get #timeoutMs(): number {
    return this.#renewDeadlineMs * RENEWAL_SHARE;
  }

  #nowText(): string {
    return rfc3339Micro(this.#clock.now());
  }
}
