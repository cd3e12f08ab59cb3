// Decides how much past is kept (house.md, decision 4): the time and byte limits become a revision to compact to. Each
// server keeps its own marks, so that a new leader knows what its predecessor knew; only the leader's decision is replicated.
import type { Clock } from '../lib/index.ts';
import { COMPACTION_STEP_CHANGES, HISTORY_LIMIT_BYTES, HISTORY_LIMIT_MS, HISTORY_MARK_MS } from './limits.ts';
import type { Revision } from './port.ts';
import type { StateMachine } from './state-machine.ts';

export class Retention {
  readonly #clock: Clock;
  readonly #machine: StateMachine;
  readonly #limitBytes: number;
  /** Which revision had been reached when, oldest first. */
  readonly #marks: { readonly atMs: number; readonly revision: Revision }[] = [];
  /** Everything up to here may go. */
  #target = 0 as Revision;

  constructor(clock: Clock, machine: StateMachine, limitBytes = HISTORY_LIMIT_BYTES) {
    this.#clock = clock;
    this.#machine = machine;
    this.#limitBytes = limitBytes;
  }

  /**
   * Notes the time, now and then. Returns the next revision to compact to, if there is something to drop: a large past
   * goes in steps, each of which costs every server but a moment.
   */
  check(): Revision | undefined {
    const now = this.#clock.monotonic();
    const newest = this.#marks.at(-1);
    const { revision, compactedRevision, history } = this.#machine;
    if (newest === undefined || now - newest.atMs >= HISTORY_MARK_MS) this.#marks.push({ atMs: now, revision });
    let target = this.#target;
    for (let mark = this.#marks[0]; mark !== undefined && now - mark.atMs >= HISTORY_LIMIT_MS; mark = this.#marks[0]) {
      target = Math.max(target, mark.revision) as Revision;
      this.#marks.shift();
    }
    if (history.supersededBytes > this.#limitBytes) {
      target = Math.max(target, history.boundaryToDrop(this.#limitBytes / 2, revision)) as Revision;
    }
    this.#target = target;
    return target > compactedRevision
      ? (Math.min(target, compactedRevision + COMPACTION_STEP_CHANGES) as Revision)
      : undefined;
  }
}
