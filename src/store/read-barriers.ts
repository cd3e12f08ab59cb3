// Current reads: a caller waits until this server has applied everything that was acknowledged anywhere before it asked.
// All callers of one turn share one question to the leader, and wait for company (company.ts). While one is open, the next is asked
// when as many have gathered as wait for that one, and never while READ_QUESTIONS_LIMIT are open: each costs the leader's time, and
// perhaps a round through a majority. A question that nobody answers is asked again when the leadership changes, together with all
// the others: a later answer is as good for an earlier caller.
import type { CancelSignal, Clock, Timer } from '../lib/index.ts';
import { Company } from './company.ts';
import { READ_QUESTIONS_LIMIT } from './limits.ts';
import { type Revision, StoreTimeoutError } from './port.ts';

interface Caller {
  readonly resolve: (revision: Revision) => void;
  readonly reject: (error: Error) => void;
}

type Group = Set<Caller>;

export interface ReadBarrierOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'timer'>;
  /** Asks the leader; undefined when nobody could be asked. */
  readonly readIndex: () => Promise<number | undefined>;
  /** Runs something at the end of this turn. */
  readonly defer: (run: () => void) => void;
  /** The index and revision applied here. */
  readonly applied: () => { readonly index: number; readonly revision: Revision };
  /** Whether there is a leader to ask. */
  readonly hasLeader: () => boolean;
}

export class ReadBarriers {
  readonly #options: ReadBarrierOptions;
  readonly #company: Company;
  /** Since the start. */
  accepted = 0;
  questions = 0;
  /** Callers who were not asked for yet, and when the first of them came. */
  #gathering: Group = new Set();
  #gatheredAtMs = 0;
  /** While they wait for company. */
  #companyTimer: Timer | undefined;
  #scheduled = false;
  #open = 0;
  /** Groups whose question has no answer yet. */
  readonly #asked = new Set<Group>();
  /** Groups that wait for an index to be applied here. */
  readonly #answered = new Map<Group, number>();

  constructor(options: ReadBarrierOptions) {
    this.#options = options;
    this.#company = new Company(options.clock);
  }

  /** Resolves with the revision reached. Throws StoreTimeoutError when `signal` aborts first. */
  wait(signal: CancelSignal): Promise<Revision> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw new StoreTimeoutError('given up before the read');
      const group = this.#gathering;
      const settle = (): void => {
        group.delete(caller);
        signal.removeEventListener('abort', aborted);
      };
      const aborted = (): void =>
        caller.reject(new StoreTimeoutError('the newest revision could not be learned in time'));
      const caller: Caller = {
        resolve(revision) {
          settle();
          resolve(revision);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      if (group.size === 0) this.#gatheredAtMs = this.#options.clock.monotonic();
      group.add(caller);
      this.accepted += 1;
      this.#schedule();
    });
  }

  /** Asks again for everybody whose question has no answer: what was asked before may be lost. */
  retry(): void {
    this.#close();
    for (const group of this.#asked) if (group.size === 0) this.#asked.delete(group);
    if (this.#asked.size === 0 || !this.#options.hasLeader()) return;
    const groups = [...this.#asked];
    const askedAtMs = this.#options.clock.monotonic();
    const ended = (): void => {
      this.#open -= 1;
      // Who gathered meanwhile came after this question: theirs is asked now, or with the next.
      this.#askIfDue();
    };
    this.#open += 1;
    this.questions += 1;
    this.#options.readIndex().then(
      (index) => {
        if (index !== undefined) this.#answer(groups, index, askedAtMs);
        ended();
      },
      // It was stopped, or a question went wrong: the owner retries while there is a leader.
      () => {
        this.#open -= 1;
      },
    );
  }

  /** Who has gathered is asked for with the next question. */
  #close(): void {
    if (this.#gathering.size === 0) return;
    this.#asked.add(this.#gathering);
    this.#gathering = new Set();
  }

  /** The store has applied more. */
  applied(): void {
    if (this.#answered.size === 0) return;
    const { index, revision } = this.#options.applied();
    for (const [group, wanted] of this.#answered) {
      if (wanted > index) continue;
      this.#answered.delete(group);
      for (const caller of group) caller.resolve(revision);
    }
  }

  rejectAll(error: Error): void {
    this.#companyTimer?.cancel();
    const groups = [...this.#asked, ...this.#answered.keys(), this.#gathering];
    for (const group of groups) for (const caller of group) caller.reject(error);
    this.#asked.clear();
    this.#answered.clear();
  }

  /** Asks at the end of the turn, if it may be asked then. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.defer(() => {
      this.#scheduled = false;
      this.#askIfDue();
    });
  }

  #askIfDue(): void {
    if (!this.#mayAsk()) return;
    const waitMs = this.#open > 0 ? 0 : this.#company.waitMs(this.#gathering.size, this.#gatheredAtMs);
    if (waitMs === 0) {
      this.retry();
      return;
    }
    this.#companyTimer ??= this.#options.clock.timer(waitMs, () => {
      this.#companyTimer = undefined;
      this.#askIfDue();
    });
  }

  #mayAsk(): boolean {
    const gathered = this.#gathering.size;
    if (gathered === 0 || this.#open >= READ_QUESTIONS_LIMIT) return false;
    if (this.#open === 0) return true;
    let waiting = 0;
    for (const group of this.#asked) waiting += group.size;
    return gathered >= waiting;
  }

  #answer(groups: readonly Group[], index: number, askedAtMs: number): void {
    let size = 0;
    for (const group of groups) {
      if (!this.#asked.delete(group)) continue;
      size += group.size;
      this.#answered.set(group, index);
    }
    if (size > 0) this.#company.back(size, askedAtMs);
    this.applied();
  }
}
