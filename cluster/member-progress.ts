// How far a new member has come, in words and as a decision: is it what it shall be? Pure.
import type { Led } from './admin.ts';
import { CAUGHT_UP_ENTRIES } from './limits.ts';

export interface Arrival {
  readonly there: boolean;
  readonly line: string;
}

export function arrival(id: string, goal: 'learner' | 'voter', led: Led | undefined): Arrival {
  const waiting = (what: string): Arrival => ({ there: false, line: `${id}: ${what}` });
  if (led === undefined) return waiting('no leader at the moment');
  const member = led.answer.membership.members.find((other) => other.id === id);
  if (member === undefined) return waiting('not a member yet');
  const { lagEntries, replication, role } = member;
  const ready = led.answers.get(id)?.ready === true;
  if (role === 'voter') return ready ? { there: true, line: `${id} votes` } : waiting(`votes, and ${whyNot(id, led)}`);
  if (replication === 'snapshot') return waiting('learner, receiving a snapshot');
  if (lagEntries === null || replication !== 'replicate') return waiting('learner, the leader is looking for its log');
  if (lagEntries > CAUGHT_UP_ENTRIES) return waiting(`learner, ${lagEntries} entries behind`);
  if (goal === 'voter') return waiting('learner, caught up; it is being promoted');
  return ready ? { there: true, line: `${id} has caught up` } : waiting(`learner, ${whyNot(id, led)}`);
}

function whyNot(id: string, led: Led): string {
  const answer = led.answers.get(id);
  return answer === undefined ? 'it does not answer' : (answer.reason ?? 'not ready yet');
}
