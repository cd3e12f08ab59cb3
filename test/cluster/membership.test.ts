// What an operator's change of members is decided by, before anything happens: tables.
import { describe, expect, it } from 'vitest';
import type { Led, MembersView, MemberView, ServerAnswer } from '../../cluster/admin.ts';
import { withLeaving, withNewServer } from '../../cluster/growth.ts';
import { refusalOf } from '../../cluster/leader-wish.ts';
import { arrival } from '../../cluster/member-progress.ts';
import { planRemoval } from '../../cluster/removal.ts';
import { bestView, placeOf } from '../../cluster/status.ts';
import { planTopology, type ServerMember } from '../../cluster/topology.ts';
import { UserError } from '../../src/lib/index.ts';

const three = planTopology({ servers: 3, workers: 0, port: 6443, runtime: 'simulated' }, 'c1', []);
const four = withNewServer(three, { port: 1, raftPort: 2 });

function member(id: string, role: MemberView['role'] = 'voter', more: Partial<MemberView> = {}): MemberView {
  const unknown = { address: null, autoPromote: false, isLeader: false, match: null, lagEntries: null };
  return { ...unknown, id, role, replication: null, ...more };
}

function view(members: readonly MemberView[], more: Partial<MembersView> = {}): MembersView {
  const leader = 'server-1';
  return {
    answeredBy: leader,
    leader,
    term: 2,
    commitIndex: 9,
    index: 0,
    changing: false,
    removed: [],
    members,
    ...more,
  };
}

function voters(...numbers: readonly number[]): readonly MemberView[] {
  return numbers.map((number) => member(`server-${number}`));
}

function failure(attempt: () => unknown): UserError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const wish = (id: string, force = false) => ({ id, force });

describe('the removal of a server', () => {
  it.each([
    ['a follower of three', 'server-3', voters(1, 2, 3), [1, 2, 3], { transfer: false, change: true }],
    ['the leader of three', 'server-1', voters(1, 2, 3), [1, 2, 3], { transfer: true, change: true }],
    ['the dead one of three', 'server-2', voters(1, 2, 3), [1, 3], { transfer: false, change: true }],
    ['the second of two', 'server-2', voters(1, 2), [1, 2], { transfer: false, change: true }],
    [
      'a learner',
      'server-4',
      [...voters(1, 2, 3), member('server-4', 'learner')],
      [1, 2, 3],
      { transfer: false, change: true },
    ],
    ['one that never became a member', 'server-4', voters(1, 2, 3), [1, 2, 3], { transfer: false, change: false }],
    [
      'one that another is removing',
      'server-3',
      [...voters(1, 2), member('server-3', 'leaving')],
      [1, 2, 3],
      { transfer: false, change: false },
    ],
  ])('is allowed for %s', (_, id, members, living, steps) => {
    const alive = new Set(living.map((number) => `server-${number}`));
    expect(planRemoval(wish(id), four, view(members), alive)).toMatchObject(steps);
  });

  it('is refused for the only voter, whatever is said', () => {
    const refused = failure(() => planRemoval(wish('server-1', true), three, view(voters(1)), new Set(['server-1'])));
    expect(refused).toMatchObject({ exitCode: 4, message: expect.stringContaining('server-1 is the only voter') });
    expect(refused.remedy).toContain('quorate member add');
  });

  it('is refused where the rest would have no living majority, which --force overrides with a warning', () => {
    const living = new Set(['server-1', 'server-2']);
    const refused = failure(() => planRemoval(wish('server-2'), three, view(voters(1, 2, 3)), living));
    expect(refused.exitCode).toBe(4);
    expect(refused.message).toBe(
      'without server-2 the voters are server-1, server-3, of which only server-1 answers: they would have no living majority',
    );
    expect(refused.remedy).toContain('--force');
    const forced = planRemoval(wish('server-2', true), three, view(voters(1, 2, 3)), living);
    expect(forced.warnings).toContain(refused.message);
  });

  it('warns when what is left tolerates no death', () => {
    const all = new Set(['server-1', 'server-2', 'server-3']);
    expect(planRemoval(wish('server-3'), three, view(voters(1, 2, 3)), all).warnings).toEqual([
      '2 voters are left: the death of one stops the cluster',
    ]);
    const five = view(voters(1, 2, 3, 4, 5));
    const alive = new Set(['server-1', 'server-2', 'server-3', 'server-4', 'server-5']);
    expect(planRemoval(wish('server-3'), three, five, alive).warnings).toEqual([]);
  });

  it('names the servers when there is none of that name, and says when it is gone already', () => {
    const known = view(voters(1, 2, 3), { removed: ['server-9'] });
    const never = failure(() => planRemoval(wish('server-7'), three, known, new Set()));
    expect(never).toMatchObject({ exitCode: 2, remedy: 'The servers are server-1, server-2, server-3.' });
    expect(failure(() => planRemoval(wish('server-9'), three, known, new Set())).message).toContain('removed already');
  });
});

describe('what a refusal means', () => {
  const conflict = (reason: string) => ({ status: 409, body: { message: 'm', details: { causes: [{ reason }] } } });

  it.each([
    ['no answer', undefined, true],
    ['not the leader', { status: 421, body: {} }, true],
    ['no leader', { status: 503, body: {} }, true],
    ['outcome unknown', { status: 504, body: {} }, true],
    ['a change under way', conflict('changeUnderWay'), true],
    ['a learner that is behind', conflict('notCaughtUp'), true],
    ['no voter would be left', conflict('noVoterLeft'), false],
    ['a wrong id', { status: 422, body: { message: 'm', details: { causes: [{ reason: 'unknownMember' }] } } }, false],
    ['no administrator', { status: 403, body: 'text' }, false],
  ])('%s', (_, reply, passes) => {
    expect(refusalOf(reply).passes).toBe(passes);
  });

  it('is told in the words of the server', () => {
    expect(refusalOf(conflict('noVoterLeft')).message).toBe('m');
    expect(refusalOf({ status: 500, body: undefined }).message).toBe('the leader answered with 500');
  });
});

function answer(more: Partial<ServerAnswer> = {}): ServerAnswer {
  return { role: 'follower', term: 2, commitIndex: 9, appliedIndex: 9, ready: true, membership: view([]), ...more };
}

function led(newcomer: MemberView | undefined, ofNewcomer?: ServerAnswer): Led {
  const [leader] = four.servers as [ServerMember];
  const members = [...voters(1, 2, 3), ...(newcomer === undefined ? [] : [newcomer])];
  const answers = new Map(ofNewcomer === undefined ? [] : [['server-4', ofNewcomer] as const]);
  return { leader, answer: answer({ role: 'leader', membership: view(members) }), answers };
}

describe('a new member on its way', () => {
  const learner = (more: Partial<MemberView>) => member('server-4', 'learner', more);
  const near = { replication: 'replicate', lagEntries: 3 } as const;

  it.each([
    ['voter', undefined, undefined, false, 'no leader at the moment'],
    ['voter', led(undefined), undefined, false, 'not a member yet'],
    ['voter', led(learner({})), undefined, false, 'the leader is looking for its log'],
    ['voter', led(learner({ replication: 'snapshot' })), undefined, false, 'receiving a snapshot'],
    ['voter', led(learner({ replication: 'replicate', lagEntries: 5_000 })), undefined, false, '5000 entries behind'],
    ['voter', led(learner(near), answer()), undefined, false, 'it is being promoted'],
    [
      'voter',
      led(member('server-4'), answer({ ready: false, reason: 'starting' })),
      undefined,
      false,
      'votes, and starting',
    ],
    ['voter', led(member('server-4')), undefined, false, 'it does not answer'],
    ['voter', led(member('server-4'), answer()), undefined, true, 'votes'],
    ['learner', led(learner(near), answer({ ready: false })), undefined, false, 'not ready yet'],
    ['learner', led(learner(near), answer()), undefined, true, 'has caught up'],
  ] as const)('to be a %s', (goal, now, _, there, words) => {
    const found = arrival('server-4', goal, now);
    expect(found.there).toBe(there);
    expect(found.line).toContain(words);
  });
});

describe('the place of a server', () => {
  const [first] = four.servers as [ServerMember];
  const last = four.servers.at(-1) as ServerMember;
  const [leaving] = withLeaving(four, 'server-1').servers as [ServerMember];

  it.each([
    ['unknown', first, undefined],
    ['unknown', first, view([])],
    ['voter', first, view(voters(1, 2, 3))],
    ['learner', last, view([...voters(1, 2, 3), member('server-4', 'learner')])],
    ['joining', last, view(voters(1, 2, 3))],
    ['leaving', leaving, view(voters(1, 2, 3))],
    ['removed', first, view(voters(2, 3), { removed: ['server-1'] })],
    ['removed', leaving, view(voters(2, 3))],
  ] as const)('is %s', (place, server, known) => {
    expect(
      placeOf(
        server,
        known?.members.find(({ id }) => id === server.id),
        known,
      ),
    ).toBe(place);
  });

  it('is told by the leader of the highest term, or by whoever knows the newest members', () => {
    const old = answer({ role: 'leader', term: 2, membership: view([], { answeredBy: 'old' }) });
    const fresh = answer({ role: 'leader', term: 3, membership: view([], { answeredBy: 'fresh' }) });
    const late = answer({ term: 3, membership: view([], { answeredBy: 'late', index: 4 }) });
    const later = answer({ term: 3, membership: view([], { answeredBy: 'later', index: 7 }) });
    expect(bestView([old, later, fresh])?.answeredBy).toBe('fresh');
    expect(bestView([late, later])?.answeredBy).toBe('later');
    expect(bestView([])).toBeUndefined();
  });
});
