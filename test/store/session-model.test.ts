// The table of sessions beside a naive one that keeps every command ever applied: thousands of registrations and commands,
// delayed, repeated and out of order, with the table going through the database's records now and then.
import { describe, expect, it } from 'vitest';
import { type Prng, prng } from '../../src/lib/index.ts';
import type { Revision } from '../../src/store/index.ts';
import { type Admission, type Session, type SessionOutcome, Sessions } from '../../src/store/session.ts';
import { decodeSession, encodeSession } from '../../src/store/state/layout.ts';

const MEMBERS = ['a', 'b', 'c'];
const CASES = 4_000;
const STEPS = 40;

/** Everything that ever happened, searched from the beginning each time. */
class NaiveSessions {
  /** The origins of each member, the present one last. */
  readonly origins = new Map<string, string[]>();
  /** What was applied for each origin, in order. */
  readonly applied = new Map<string, { readonly lowWater: number; readonly outcome: SessionOutcome }[]>();

  register(member: string, origin: string, expects: string): boolean {
    const known = this.origins.get(member) ?? [];
    const present = known.at(-1) ?? '';
    if (present === origin) return true;
    if (present !== expects) return false;
    this.origins.set(member, [...known, origin]);
    this.applied.set(origin, []);
    return true;
  }

  isPresent(origin: string): boolean {
    return [...this.origins.values()].some((origins) => origins.at(-1) === origin);
  }

  admit(origin: string, sequence: number): Admission {
    if (!this.isPresent(origin)) return 'unknownOrigin';
    const count = this.applied.get(origin)?.length ?? 0;
    if (sequence <= count) return 'duplicate';
    return sequence === count + 1 ? 'next' : 'gap';
  }

  /** What a session must keep: the outcomes that its origin has never said to know. */
  kept(origin: string): readonly (readonly [number, SessionOutcome])[] {
    const all = this.applied.get(origin) ?? [];
    const lowWater = Math.max(0, ...all.map((command) => command.lowWater));
    return all.map(({ outcome }, i) => [i + 1, outcome] as const).filter(([sequence]) => sequence > lowWater);
  }
}

function randomOutcome(random: Prng, revision: number): SessionOutcome {
  return random.chance(0.2)
    ? { kind: 'refused', failed: random.int(3), current: random.int(9), revision: revision as Revision }
    : { kind: 'committed', revision: revision as Revision, revisions: [revision] };
}

/** The same table, read back from its records. */
function reloaded(sessions: Sessions): Sessions {
  const copy = new Sessions();
  for (const session of sessions.all()) copy.restore(decodeSession(encodeSession(session)));
  return copy;
}

/** `expect` costs more than a step does, and there are many. */
function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} where a naive table has ${b}`);
}

function expectEqual(sessions: Sessions, naive: NaiveSessions, what: string): void {
  const present = [...naive.origins].map(([member, origins]) => [member, origins.at(-1)] as const).sort();
  const found = sessions.all().map((session: Session) => [session.member, session.origin]);
  same(found, present, what);
  for (const session of sessions.all()) {
    same(
      [...session.outcomes].sort(([a], [b]) => a - b),
      naive.kept(session.origin),
      what,
    );
    same(session.applied, naive.applied.get(session.origin)?.length, what);
    if (sessions.ofOrigin(session.origin) !== session) throw new Error(`${what}: ${session.origin} is not found`);
  }
}

describe('the table of sessions', () => {
  it(`does what a naive one does (${CASES} cases)`, () => {
    const met = new Map<string, number>();
    const meet = (what: string): void => void met.set(what, (met.get(what) ?? 0) + 1);
    for (let seed = 1; seed <= CASES; seed++) {
      const random = prng(seed);
      let sessions = new Sessions();
      const naive = new NaiveSessions();
      for (let step = 0; step < STEPS; step++) {
        const member = random.pick(MEMBERS);
        const origin = `${member}/${1 + random.int(4)}`;
        if (random.chance(0.2)) {
          const expects = random.chance(0.7) ? (naive.origins.get(member)?.at(-1) ?? '') : `${member}/${random.int(4)}`;
          // An origin registers in one life only: never again when another has come after it.
          if (naive.applied.has(origin) && !naive.isPresent(origin)) continue;
          const accepted = naive.register(member, origin, expects);
          same(sessions.register(member, origin, expects, 1), accepted, `seed ${seed}, step ${step}`);
          meet(accepted ? 'registered' : 'not registered');
          continue;
        }
        const count = naive.applied.get(origin)?.length ?? 0;
        const sequence = Math.max(1, count + random.pick([1, 1, 1, 1, 0, 2, -1]));
        const admission = naive.admit(origin, sequence);
        same(sessions.admit(origin, sequence), admission, `seed ${seed}, step ${step}`);
        meet(admission);
        const session = sessions.ofOrigin(origin);
        if (admission === 'next' && session !== undefined) {
          // Marks that were encoded earlier may be lower than what was told since.
          const command = { lowWater: random.int(sequence), outcome: randomOutcome(random, step) };
          naive.applied.get(origin)?.push(command);
          sessions.applied(session, command.lowWater, command.outcome);
        }
        if (random.chance(0.05)) sessions = reloaded(sessions);
      }
      expectEqual(sessions, naive, `seed ${seed}`);
    }
    for (const what of ['registered', 'not registered', 'next', 'duplicate', 'gap', 'unknownOrigin'])
      expect(met.get(what), what).toBeGreaterThan(500);
  });
});
