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
import { hostname } from 'node:os';
import type { Lease, LeaseSpec, Served } from '../api/index.ts';
import { type Clock, every, type Logger, messageOf, type Prng, rfc3339Micro, sleep } from '../lib/index.ts';
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import {
  LEASE_DURATION_MS,
  LEASE_RELEASE_TIMEOUT_MS,
  LEASE_RENEW_DEADLINE_MS,
  LEASE_RETRY_PERIOD_MS,
} from './limits.ts';
import { LEASES } from './resources.ts';
import type { ApiClient, Fence, LeaderElector, ObjectName, RequestOptions } from './types.ts';

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
  const candidate = createCandidate(options, identity);

  return {
    identity,
    isLeader: () => candidate.fence() !== undefined,
    async run(signal, lead) {
      while (!signal.aborted) {
        if (!(await candidate.tryOnce(signal))) {
          await sleep(clock, retryPeriodMs * (0.8 + 0.4 * random.float()), signal);
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
  const stop = (): void => term.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  // The deadline is watched on its own: a renewal that hangs must not hide that the time is up.
  const watchdog = every(clock, retryPeriodMs / 4, () => {
    if (candidate.fence() === undefined) stop();
  });
  const renewing = (async () => {
    while (!term.signal.aborted) {
      await sleep(clock, retryPeriodMs, term.signal);
      if (term.signal.aborted) return;
      await candidate.tryOnce(term.signal);
      if (candidate.fence() === undefined) stop();
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

interface Candidate {
  /** Acquires or renews; true when this process holds the lease now. Never rejects. */
  tryOnce(signal: AbortSignal): Promise<boolean>;
  /** The proof of leadership; undefined when the lease is not ours, or no longer for certain. */
  readonly fence: () => Fence | undefined;
  /** Gives the lease up, so that the next leader need not wait for it to run out. Never rejects. */
  release(): Promise<void>;
}

/** A moment in both times: a machine that slept may have stopped one of them, and the larger difference counts. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

function createCandidate(options: LeaderElectorOptions, identity: string): Candidate {
  const { client, clock, lease: name, logger } = options;
  const durationMs = options.leaseDurationMs ?? LEASE_DURATION_MS;
  const renewDeadlineMs = options.renewDeadlineMs ?? LEASE_RENEW_DEADLINE_MS;
  const timeoutMs = renewDeadlineMs * 0.75;
  let observed: { readonly version: string; readonly sinceMs: number } | undefined;
  let held: { readonly lease: Served<Lease>; readonly fence: Fence; readonly at: Moment } | undefined;
  let complaint = '';

  const moment = (): Moment => ({ monotonicMs: clock.monotonic(), wallMs: clock.now() });
  const expired = (at: Moment): boolean => {
    const now = moment();
    return Math.max(now.monotonicMs - at.monotonicMs, now.wallMs - at.wallMs) >= renewDeadlineMs;
  };
  const fence = (): Fence | undefined => (held === undefined || expired(held.at) ? undefined : held.fence);

  /** Sends a lease that names us and keeps what proves it; the deadline counts from before the sending. */
  const claim = async (
    write: (options: RequestOptions) => Promise<Served<Lease>>,
    signal: AbortSignal,
  ): Promise<void> => {
    const at = moment();
    let given: Fence | undefined;
    const onFence = (answer: Fence): void => {
      given = answer;
    };
    const lease = await write({ signal, timeoutMs, onFence });
    if (given === undefined) throw new Error('the server answered a Lease without a fence');
    held = { lease, fence: given, at };
  };
  const update = (current: Served<Lease>, spec: LeaseSpec, signal: AbortSignal): Promise<void> =>
    claim((rest) => client.update(LEASES, { ...current, spec: { ...current.spec, ...spec } }, rest), signal);

  const read = async (rest: RequestOptions): Promise<Served<Lease> | undefined> => {
    try {
      return await client.get(LEASES, name, rest);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  /** Whether the record stood still, by our own clock, for as long as its holder asked to be respected. */
  const ranOut = (lease: Served<Lease>): boolean => {
    if (observed?.version !== lease.metadata.resourceVersion) {
      observed = { version: lease.metadata.resourceVersion, sinceMs: clock.monotonic() };
    }
    return clock.monotonic() - observed.sinceMs >= (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  };

  const acquire = async (signal: AbortSignal): Promise<void> => {
    const current = await read({ signal, timeoutMs });
    const nowText = rfc3339Micro(clock.now());
    const seconds = Math.max(1, Math.ceil(durationMs / 1000));
    const claimed = {
      holderIdentity: identity,
      leaseDurationSeconds: seconds,
      acquireTime: nowText,
      renewTime: nowText,
    } as const;
    if (current === undefined) {
      held = undefined;
      const lease: Lease = { metadata: { ...name }, spec: { ...claimed, leaseTransitions: 0 } };
      await claim((rest) => client.create(LEASES, lease, rest), signal);
      return;
    }
    const holder = current.spec?.holderIdentity ?? '';
    // A renewal of ours whose answer was lost, or a stranger's annotation: still our term.
    if (holder === identity) {
      await update(current, { renewTime: nowText, leaseDurationSeconds: seconds }, signal);
      return;
    }
    held = undefined;
    if (holder !== '' && !ranOut(current)) return;
    await update(current, { ...claimed, leaseTransitions: (current.spec?.leaseTransitions ?? 0) + 1 }, signal);
  };

  const renew = async (lease: Served<Lease>, signal: AbortSignal): Promise<void> => {
    try {
      await update(lease, { renewTime: rfc3339Micro(clock.now()) }, signal);
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
      await acquire(signal);
    }
  };

  const giveUp = async (lease: Served<Lease>): Promise<void> => {
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: rfc3339Micro(clock.now()) };
    await client.update(LEASES, { ...lease, spec }, { timeoutMs: LEASE_RELEASE_TIMEOUT_MS });
  };

  return {
    fence,
    async tryOnce(signal) {
      try {
        if (held !== undefined && !expired(held.at)) await renew(held.lease, signal);
        else await acquire(signal);
        complaint = '';
      } catch (error) {
        const text = messageOf(error);
        const everyday = signal.aborted || isConflict(error) || isAlreadyExists(error) || text === complaint;
        logger[everyday ? 'debug' : 'warn']({ lease: name.name, error: text }, 'the lease was neither got nor renewed');
        complaint = text;
      }
      return fence() !== undefined;
    },
    async release() {
      const last = held;
      held = undefined;
      if (last === undefined) return;
      try {
        await giveUp(last.lease).catch(async (error: unknown) => {
          // The answer to our last renewal did not arrive: the record is newer than we know, but may be ours.
          if (!isConflict(error)) throw error;
          const current = await read({ timeoutMs: LEASE_RELEASE_TIMEOUT_MS });
          if (current?.spec?.holderIdentity === identity) await giveUp(current);
        });
      } catch (error) {
        logger.debug({ lease: name.name, error: messageOf(error) }, 'the lease could not be given up: it will run out');
      }
    },
  };
}
