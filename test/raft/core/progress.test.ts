// A follower's progress under answers that come late, twice, or never, against what such a follower really holds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CORE_LIMITS, type CoreLimits, type LogIndex, type NodeId } from '../../../raft/core/index.ts';
import { Progress } from '../../../raft/core/progress.ts';

const LIMITS: CoreLimits = { ...CORE_LIMITS, inflightLimitMessages: 4, inflightLimitBytes: 10 };
const LAST = 30;

type Sent = { readonly previous: number; readonly last: number };
type Answer = { readonly kind: 'accepted'; readonly at: number } | { readonly kind: 'rejected'; readonly at: number };

/** A follower that holds the first `held` entries, and a network that keeps every message for ever. */
class Follower {
  held: number;
  readonly sent: Sent[] = [];
  readonly answers: Answer[] = [];

  constructor(held: number) {
    this.held = held;
  }

  receive(choice: number): void {
    const message = this.sent[choice % Math.max(1, this.sent.length)];
    if (message === undefined) return;
    if (message.previous > this.held) {
      this.answers.push({ kind: 'rejected', at: message.previous });
      return;
    }
    this.held = Math.max(this.held, message.last);
    this.answers.push({ kind: 'accepted', at: message.last });
  }
}

function send(progress: Progress, follower: Follower, count: number): void {
  if (progress.next > LAST + 1 || !progress.canSend(LIMITS)) return;
  const previous = progress.next - 1;
  const last = Math.min(LAST, previous + count);
  follower.sent.push({ previous, last });
  progress.sent(last as LogIndex, last - previous);
}

function answer(progress: Progress, follower: Follower, choice: number): void {
  const found = follower.answers[choice % Math.max(1, follower.answers.length)];
  if (found?.kind === 'accepted') progress.accepted(found.at as LogIndex);
  if (found?.kind === 'rejected')
    progress.rejected(found.at as LogIndex, Math.min(found.at, follower.held) as LogIndex);
}

describe('the progress of a follower', () => {
  it('never goes back, never claims what the follower does not hold, and keeps its window', () => {
    const action = fc.tuple(fc.constantFrom('send', 'receive', 'answer', 'lost', 'heartbeat'), fc.nat(50));
    fc.assert(
      fc.property(fc.nat(10), fc.array(action, { maxLength: 80 }), (held, actions) => {
        const follower = new Follower(held);
        const progress = new Progress('f' as NodeId, (LAST + 1) as LogIndex, 0);
        let before = 0;
        for (const [kind, number] of actions) {
          if (kind === 'send') send(progress, follower, 1 + (number % 4));
          if (kind === 'receive') follower.receive(number);
          if (kind === 'answer') answer(progress, follower, number);
          if (kind === 'lost') progress.probe();
          if (kind === 'heartbeat') progress.paused = false;
          expect(progress.match).toBeGreaterThanOrEqual(before);
          expect(progress.match).toBeLessThanOrEqual(follower.held);
          expect(progress.next).toBeGreaterThan(progress.match);
          expect(progress.inflightMessages).toBeLessThanOrEqual(LIMITS.inflightLimitMessages);
          expect(progress.inflightBytes).toBeLessThan(LIMITS.inflightLimitBytes + 4);
          before = progress.match;
        }
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it('reaches the end of the log from any state once messages arrive again', () => {
    const action = fc.tuple(fc.constantFrom('send', 'receive', 'answer'), fc.nat(50));
    fc.assert(
      fc.property(fc.nat(10), fc.array(action, { maxLength: 30 }), (held, actions) => {
        const follower = new Follower(held);
        const progress = new Progress('f' as NodeId, (LAST + 1) as LogIndex, 0);
        for (const [kind, number] of actions) {
          if (kind === 'send') send(progress, follower, 1 + (number % 4));
          if (kind === 'receive') follower.receive(number);
          if (kind === 'answer') answer(progress, follower, number);
        }
        progress.probe();
        for (let i = 0; i < 200 && progress.match < LAST; i++) {
          send(progress, follower, 3);
          follower.receive(follower.sent.length - 1);
          answer(progress, follower, follower.answers.length - 1);
        }
        expect(progress.match).toBe(LAST);
      }),
      { seed: 7 },
    );
  });
});
