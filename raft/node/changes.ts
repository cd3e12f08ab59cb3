// Membership changes that were begun at this node and whose end is awaited. A change is over when its last entry is
// committed; or its end is unknown, because the leadership went to somebody else before that was seen.
import type { ChangeAnswer, CoreStatus, LogIndex, Term } from '../core/index.ts';
import type { MembershipOutcome } from './ports.ts';

interface Awaited {
  readonly request: number;
  readonly index: LogIndex;
  readonly term: Term;
}

export class AwaitedChanges {
  private readonly tell: (request: number, outcome: MembershipOutcome) => void;
  private awaited: Awaited[] = [];

  constructor(tell: (request: number, outcome: MembershipOutcome) => void) {
    this.tell = tell;
  }

  /** The core has answered request `request` in `term`. */
  answered(request: number, answer: ChangeAnswer, term: Term): void {
    if (answer.kind === 'begun') this.awaited.push({ request, index: answer.index, term });
    else this.tell(request, answer);
  }

  get isEmpty(): boolean {
    return this.awaited.length === 0;
  }

  /**
   * Something may have happened. Within one term only one leader appends, so what is settled at or after the first entry
   * of a change of that term is that change. A leader that was removed by it ends with it.
   */
  look({ term, role, membership, membershipSettled }: CoreStatus): void {
    const before = this.awaited;
    this.awaited = [];
    for (const change of before) {
      if (term === change.term && membershipSettled && (membership.index ?? 0) >= change.index)
        this.tell(change.request, { kind: 'done', membership });
      else if (term !== change.term || role !== 'leader')
        this.tell(change.request, { kind: 'unknown', message: 'the leadership was lost before the change was over' });
      else this.awaited.push(change);
    }
  }
}
