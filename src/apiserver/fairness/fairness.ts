// Priority and fairness at this server: which requests are worked on now, which wait, and which are refused.
//
// A request that finds a free seat costs a look at its flow and a few counters, and is admitted in the same turn of the event loop.
// Only one that waits has a promise, a timer, and an ear at its connection.
import { type ApiRegistry, type FlowControlObjects, tooManyRequestsError } from '../../api/index.ts';
import { assert, type Clock, type Registry } from '../../lib/index.ts';
import type { ObjectStore } from '../../store/index.ts';
import type { AppContext } from '../http/env.ts';
import type { ServerMetrics } from '../http/metrics.ts';
import { IN_FLIGHT_LIMIT, MUTATING_IN_FLIGHT_LIMIT } from '../limits.ts';
import type { RequestInfo } from '../request-info/parse.ts';
import { shareSeats } from './borrowing.ts';
import { type Classifier, createClassifier, type Flow } from './classifier.ts';
import { FlowStatsTable, type Refusal } from './flow-stats.ts';
import { type FollowedObjects, followFlowObjects } from './follow.ts';
import { Level } from './level.ts';
import { createFairnessMetrics, type FairnessMetrics } from './metrics.ts';
import { planFlows } from './plan.ts';
import type { Turn } from './queue-set.ts';
import { Seat } from './seat.ts';
import { beginWait, waitLimitMs } from './wait.ts';
import { widthOf } from './width.ts';

/** All seats of the server. */
const SEATS = IN_FLIGHT_LIMIT + MUTATING_IN_FLIGHT_LIMIT;
const REFUSED = 'Too many requests, please try again later.';

export interface FairnessOptions {
  readonly store: ObjectStore;
  readonly registry: ApiRegistry;
  readonly clock: Clock;
  readonly metrics: Registry;
}

export class Fairness {
  readonly #options: FairnessOptions;
  readonly #inFlight: ServerMetrics['inFlight'];
  readonly #table = new FlowStatsTable();
  readonly #metrics: FairnessMetrics;
  readonly #objects: FollowedObjects;
  readonly #listeners = new Set<() => void>();
  readonly #levels = new Map<string, Level>();
  #classifier: Classifier;
  #isStale = false;

  constructor(options: FairnessOptions, inFlight: ServerMetrics['inFlight']) {
    this.#options = options;
    this.#inFlight = inFlight;
    this.#metrics = createFairnessMetrics(options.metrics, this.#table, () => this.#levels.values());
    this.#classifier = this.#configure({ schemas: [], levels: [] });
    this.#objects = followFlowObjects(options.store, () => this.#changed());
  }

  /** Undefined for what needs no seat. A promise only for what has to wait, be it to be refused. Throws, or rejects with, ApiError 429. */
  admit(c: AppContext): Seat | Promise<Seat> | undefined {
    if (this.#isStale) this.#refresh();
    const info = c.get('info');
    if (isLongRunning(info)) return undefined;
    const flow = this.#classifier.flowOf(c.get('user'), info);
    c.set('flowHeaders', flow.headers);
    const seat = new Seat(this, flow, isReading(info));
    const { queueSet, plan } = flow.level;
    const width = plan.widest === 1 ? 1 : widthOf(this.#options, info, c.get('query'), plan.widest);
    const turn = queueSet.arrive(seat, width, flow.hand, this.#options.clock.monotonic());
    seat.turn = turn;
    if (turn.state === 'waiting') return this.#wait(c, seat, turn);
    if (turn.state === 'rejected') return this.#refuse(c, flow);
    this.#began(seat, turn);
    return seat;
  }

  /** For seats alone. */
  released(seat: Seat): void {
    const { turn, flow } = seat;
    assert(turn !== undefined, 'a seat that is given back has a turn');
    flow.stats.executing--;
    flow.stats.executingSeats -= turn.seats;
    this.#inFlight[seat.reads ? 'readOnly' : 'mutating']--;
    wakeAll(flow.level.queueSet.finish(turn, this.#options.clock.monotonic()));
  }

  /** Shares the seats out anew by what was wanted since the last time. A busy server lends none. */
  shareSeats(isBusy: boolean): void {
    const nowMs = this.#options.clock.monotonic();
    const levels = [...this.#levels.values()];
    const demands = levels.map((level) => ({ ...level.plan, ...level.takeLook(nowMs) }));
    const limits = isBusy ? demands.map(({ nominal }) => nominal) : shareSeats(demands);
    for (const [i, level] of levels.entries()) wakeAll(level.setLimit(limits[i] ?? level.plan.nominal, nowMs));
  }

  /** The objects that are followed, as of now. */
  objects(): FlowControlObjects {
    return this.#objects.read();
  }

  /** Calls back when they changed. Returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#objects.close();
  }

  /** Changes of one turn are taken in once: at the next request, or at the turn's end for those that wait. */
  #changed(): void {
    if (this.#isStale) return;
    this.#isStale = true;
    queueMicrotask(() => {
      if (this.#isStale) this.#refresh();
      for (const listener of this.#listeners) listener();
    });
  }

  #refresh(): void {
    this.#isStale = false;
    this.#classifier = this.#configure(this.#objects.read());
  }

  /** A level that is gone goes on with those that wait at it, and is forgotten with the last of them. */
  #configure(objects: FlowControlObjects): Classifier {
    const nowMs = this.#options.clock.monotonic();
    const { schemas, levels } = planFlows(objects, SEATS);
    const names = new Set(levels.map(({ name }) => name));
    for (const name of this.#levels.keys()) if (!names.has(name)) this.#levels.delete(name);
    for (const plan of levels) {
      const known = this.#levels.get(plan.name);
      if (known === undefined) this.#levels.set(plan.name, new Level(plan, nowMs));
      else wakeAll(known.follow(plan, nowMs));
    }
    return createClassifier(schemas, this.#levels, this.#table);
  }

  #began({ flow, reads }: Seat, turn: Turn<Seat>): void {
    flow.stats.dispatched++;
    flow.stats.executing++;
    flow.stats.executingSeats += turn.seats;
    this.#inFlight[reads ? 'readOnly' : 'mutating']++;
  }

  #wait(c: AppContext, seat: Seat, turn: Turn<Seat>): Promise<Seat> {
    const { clock } = this.#options;
    const { flow } = seat;
    const sinceMs = clock.monotonic();
    flow.stats.waiting++;
    flow.stats.waitingSeats += turn.width;
    const over = (executed: boolean): void => {
      flow.stats.waiting--;
      flow.stats.waitingSeats -= turn.width;
      this.#metrics.waited(flow.stats, (clock.monotonic() - sinceMs) / 1000, executed);
    };
    return new Promise((resolve, reject) => {
      const wait = beginWait(clock, c, waitLimitMs(c), (why) => {
        over(false);
        const begun = flow.level.queueSet.cancel(turn, clock.monotonic());
        reject(this.#refusal(flow, why));
        wakeAll(begun);
      });
      seat.wake = () => {
        wait.end();
        over(true);
        this.#began(seat, turn);
        resolve(seat);
      };
    });
  }

  /** There is no place to wait either. */
  #refuse(c: AppContext, flow: Flow): Promise<never> {
    const { clock } = this.#options;
    const { rule } = flow.level.plan;
    const refusal = this.#refusal(flow, rule.kind === 'queue' ? 'queue-full' : 'concurrency-limit');
    const heldMs = flow.level.refusalPace.refused(clock.monotonic());
    if (heldMs === 0) throw refusal;
    return new Promise((_, reject) => {
      beginWait(clock, c, heldMs, () => reject(refusal));
    });
  }

  #refusal(flow: Flow, why: Refusal): Error {
    flow.stats.refused[why]++;
    return tooManyRequestsError(REFUSED, flow.level.retryAfter.refused(this.#options.clock.monotonic()));
  }
}

function wakeAll(begun: readonly Turn<Seat>[]): void {
  for (const { of } of begun) of.wake?.();
}

function isReading(info: RequestInfo): boolean {
  if (info.kind !== 'resource') return true;
  return info.verb === 'get' || info.verb === 'list' || info.verb === 'watch';
}

/** What lasts as long as its client likes, but for watches: these need a seat until they have begun. */
function isLongRunning(info: RequestInfo): boolean {
  return info.kind === 'resource' && LONG_SUBRESOURCES.has(info.subresource);
}

const LONG_SUBRESOURCES: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);
