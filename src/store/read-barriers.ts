// Current reads: a caller waits until this server has applied everything that was acknowledged anywhere before it asked.
// All callers of one turn share one question to the leader, and those who come while READ_QUESTIONS_LIMIT are open share the
// next one. A question that nobody answers is asked again when the leadership changes, together with all the others: a later
// answer is as good for an earlier caller.
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
  /** Callers of this turn, or since the limit of open questions was reached. */
  #gathering: Group | undefined;
  #open = 0;
  /** Groups whose question has no answer yet. */
  readonly #asked = new Set<Group>();
  /** Groups that wait for an index to be applied here. */
  readonly #answered = new Map<Group, number>();

  constructor(options: ReadBarrierOptions) {
    this.#options = options;
  }

  /** Resolves with the revision reached. Throws StoreTimeoutError when `signal` aborts first. */
  wait(signal: AbortSignal): Promise<Revision> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw new StoreTimeoutError('given up before the read');
      const group = this.#gather();
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
      // Who gathered meanwhile came after this question: theirs is asked now.
      if (this.#gathering !== undefined) this.retry();
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
    const group = this.#gathering;
    this.#gathering = undefined;
    if (group !== undefined && group.size > 0) this.#asked.add(group);
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
    const groups = [...this.#asked, ...this.#answered.keys()];
    if (this.#gathering !== undefined) groups.push(this.#gathering);
    for (const group of groups) for (const caller of group) caller.reject(error);
    this.#asked.clear();
    this.#answered.clear();
  }

  #gather(): Group {
    if (this.#gathering !== undefined) return this.#gathering;
    const group: Group = new Set();
    this.#gathering = group;
    this.#options.defer(() => {
      // Somebody has asked for it already.
      if (this.#gathering !== group) return;
      if (this.#open < READ_QUESTIONS_LIMIT) this.retry();
    });
    return group;
  }

  #answer(groups: readonly Group[], index: number): void {
    for (const group of groups) if (this.#asked.delete(group)) this.#answered.set(group, index);
    this.applied();
  }
}
