// Current reads: a caller waits until this server has applied everything that was acknowledged anywhere before it asked.
// All callers of one turn share one question to the leader. While one is open, the next is asked when as many have gathered as
// wait for that one, and never while READ_QUESTIONS_LIMIT are open: each costs the leader's time, and perhaps a round through a
// majority. A question that nobody answers is asked again when the leadership changes, together with all the others: a later
// answer is as good for an earlier caller.
import type { CancelSignal } from '../lib/index.ts';
import { READ_QUESTIONS_LIMIT } from './limits.ts';
import { type Revision, StoreTimeoutError } from './port.ts';

interface Caller {
  readonly resolve: (revision: Revision) => void;
  readonly reject: (error: Error) => void;
}

type Group = Set<Caller>;

export interface ReadBarrierOptions {
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
  /** Callers who were not asked for yet. */
  #gathering: Group = new Set();
  #scheduled = false;
  #open = 0;
  /** Groups whose question has no answer yet. */
  readonly #asked = new Set<Group>();
  /** Groups that wait for an index to be applied here. */
  readonly #answered = new Map<Group, number>();

  constructor(options: ReadBarrierOptions) {
    this.#options = options;
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
      group.add(caller);
      this.#schedule();
    });
  }

  /** Asks again for everybody whose question has no answer: what was asked before may be lost. */
  retry(): void {
    this.#close();
    for (const group of this.#asked) if (group.size === 0) this.#asked.delete(group);
    if (this.#asked.size === 0 || !this.#options.hasLeader()) return;
    const groups = [...this.#asked];
    const ended = (): void => {
      this.#open -= 1;
      // Who gathered meanwhile came after this question: theirs is asked now, or with the next.
      if (this.#mayAsk()) this.retry();
    };
    this.#open += 1;
    this.#options.readIndex().then(
      (index) => {
        if (index !== undefined) this.#answer(groups, index);
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
      if (this.#mayAsk()) this.retry();
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

  #answer(groups: readonly Group[], index: number): void {
    for (const group of groups) if (this.#asked.delete(group)) this.#answered.set(group, index);
    this.applied();
  }
}
