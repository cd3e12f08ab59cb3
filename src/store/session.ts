// Sessions: what makes a command apply exactly once although it may reach the log several times (house.md, decision 1).
// An origin is one process incarnation of a member; its commands apply strictly in sequence. Everything here is
// replicated state: it changes only by log entries.
import { type CommitOutcome, type Revision, type StoredObject, StoreTimeoutError } from './port.ts';

/** What became of a command, as far as a server needs it that took the state over from another. */
export type SessionOutcome =
  /** revisions[i] is what writes[i] took; 0 for a delete that found nothing. */
  | { readonly kind: 'committed'; readonly revision: Revision; readonly revisions: readonly number[] }
  | { readonly kind: 'refused'; readonly failed: number; readonly current: number; readonly revision: Revision };

export interface Session {
  readonly member: string;
  readonly origin: string;
  /** The newest feature level that the member's software knows. */
  readonly featureLevel: number;
  /** The last sequence that was applied; the next must be one more. */
  applied: number;
  /** The origin has told that it knows every outcome up to here. */
  lowWater: number;
  /** Invariant: exactly the outcomes of lowWater + 1 … applied. */
  readonly outcomes: Map<number, SessionOutcome>;
}

/** What a command's sequence means for its session. */
export type Admission = 'next' | 'duplicate' | 'gap' | 'unknownOrigin';

export class Sessions {
  readonly #byMember = new Map<string, Session>();
  readonly #byOrigin = new Map<string, Session>();

  /** Restores a session from a database. */
  restore(session: Session): void {
    this.#byMember.set(session.member, session);
    this.#byOrigin.set(session.origin, session);
  }

  ofMember(member: string): Session | undefined {
    return this.#byMember.get(member);
  }

  ofOrigin(origin: string): Session | undefined {
    return this.#byOrigin.get(origin);
  }

  /** In the order of their members. */
  all(): readonly Session[] {
    return [...this.#byMember.values()].sort((a, b) => (a.member < b.member ? -1 : 1));
  }

  /**
   * Begins a session and evicts the member's older one, but only if that is `expects` (empty: none). A registration that
   * was delayed in the network can therefore not evict an incarnation that came after it.
   */
  register(member: string, origin: string, expects: string, featureLevel: number): boolean {
    const present = this.#byMember.get(member);
    if (present?.origin === origin) return true;
    if ((present?.origin ?? '') !== expects) return false;
    if (present !== undefined) this.#byOrigin.delete(present.origin);
    this.restore({ member, origin, featureLevel, applied: 0, lowWater: 0, outcomes: new Map() });
    return true;
  }

  admit(origin: string, sequence: number): Admission {
    const session = this.#byOrigin.get(origin);
    if (session === undefined) return 'unknownOrigin';
    if (sequence <= session.applied) return 'duplicate';
    return sequence === session.applied + 1 ? 'next' : 'gap';
  }

  /** Records what became of the next command. */
  applied(session: Session, lowWater: number, outcome: SessionOutcome): void {
    session.applied += 1;
    session.outcomes.set(session.applied, outcome);
    for (let sequence = session.lowWater + 1; sequence <= lowWater; sequence++) session.outcomes.delete(sequence);
    if (lowWater > session.lowWater) session.lowWater = lowWater;
  }

  /** The lowest level of those of `members` that have a session. */
  lowestLevel(members: readonly string[]): number {
    const levels = members.flatMap((member) => this.#byMember.get(member)?.featureLevel ?? []);
    return Math.min(Number.MAX_SAFE_INTEGER, ...levels);
  }

  /**
   * The level that all of `members` know, as far as they have told; 0 while nobody has. Sessions of who was removed are kept, so
   * that nothing which is late begins one anew; they do not count.
   */
  featureLevel(members: readonly string[]): number {
    const lowest = this.lowestLevel(members);
    return lowest === Number.MAX_SAFE_INTEGER ? 0 : lowest;
  }

  /** Whether each of `members` has told that it knows `level`: one that was never heard may be of any version. */
  everyoneKnows(level: number, members: readonly string[]): boolean {
    return members.every((member) => (this.#byMember.get(member)?.featureLevel ?? 0) >= level);
  }
}

/**
 * The outcome as its caller is told it, `written` giving the objects back. Throws when the past that would show it is not
 * kept any more.
 */
export function recallOutcome(
  kept: SessionOutcome,
  written: (revision: Revision) => StoredObject | undefined,
): CommitOutcome {
  const recall = (revision: number): StoredObject | undefined => {
    if (revision === 0) return undefined;
    const object = written(revision as Revision);
    if (object === undefined) throw new StoreTimeoutError('applied, but what it wrote has been compacted since');
    return object;
  };
  const { revision } = kept;
  if (kept.kind === 'refused') return { kind: 'refused', failed: kept.failed, current: recall(kept.current), revision };
  return { kind: 'committed', revision, objects: kept.revisions.map(recall) };
}

/** The part of an outcome that sessions keep. */
export function sessionOutcome(outcome: CommitOutcome): SessionOutcome {
  if (outcome.kind === 'refused') {
    const { failed, revision, current } = outcome;
    return { kind: 'refused', failed, current: current?.revision ?? 0, revision };
  }
  const revisions = outcome.objects.map((object) => object?.revision ?? 0);
  return { kind: 'committed', revision: outcome.revision, revisions };
}
