// The administration of the cluster over HTTP: who may, what is answered, and what each refusal looks like.
import { describe, expect, it } from 'vitest';
import { authorize } from '../../src/apiserver/authz/authorize.ts';
import { createMemoryStore, type ObjectStore, type StoreMembership } from '../../src/store/index.ts';
import type { StoreMembershipOutcome, TransferOutcome } from '../../src/store/membership-port.ts';
import { manualClock } from '../support/manual-clock.ts';
import { type TestApi, testApi } from './harness.ts';

const MEMBERS = '/quorate/v1/members';
const TRANSFER = '/quorate/v1/leader/transfer';

const membership: StoreMembership = {
  index: 7,
  changing: false,
  removed: ['server-2'],
  members: [
    {
      id: 'server-1',
      role: 'voter',
      address: undefined,
      autoPromote: false,
      isLeader: true,
      match: undefined,
      replication: undefined,
      lastHeardMs: undefined,
      repairing: false,
    },
    {
      id: 'server-3',
      role: 'learner',
      address: '127.0.0.1:7003',
      autoPromote: true,
      isLeader: false,
      match: 90,
      replication: 'replicate',
      lastHeardMs: 20,
      repairing: false,
    },
  ],
};

interface Answers {
  readonly change?: StoreMembershipOutcome;
  readonly transfer?: TransferOutcome;
}

/** An API server whose store has members, and answers changes as the test says. */
async function api(answers: Answers = {}): Promise<{ api: TestApi; asked: unknown[] }> {
  const memory = createMemoryStore({ clock: manualClock() });
  const asked: unknown[] = [];
  const store: ObjectStore = Object.create(memory, {
    status: { value: () => ({ ...memory.status(), leader: 'server-1', term: 4, commitIndex: 100 }) },
    membership: { value: () => membership },
    changeMembership: {
      value: (changes: unknown) => {
        asked.push(changes);
        return Promise.resolve(answers.change ?? { kind: 'done', membership });
      },
    },
    transferLeadership: {
      value: (target: unknown) => {
        asked.push(target);
        return Promise.resolve(answers.transfer ?? { kind: 'done', leader: 'server-3' });
      },
    },
  }) as ObjectStore;
  for (const name of ['start', 'commit', 'snapshot', 'readBarrier', 'waitFor', 'watch', 'onStatusChange'] as const)
    Object.defineProperty(store, name, { value: (memory[name] as (...args: unknown[]) => unknown).bind(memory) });
  return { api: await testApi({}, store), asked };
}

describe('the members over HTTP', () => {
  it('are listed with their roles, and with how far each one is behind the commit index', async () => {
    const { body, status } = await (await api()).api.call('GET', MEMBERS);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      answeredBy: 'm1',
      leader: 'server-1',
      term: 4,
      changing: false,
      removed: ['server-2'],
    });
    expect(body.members).toMatchObject([
      { id: 'server-1', role: 'voter', isLeader: true, address: null, lagEntries: 0 },
      {
        id: 'server-3',
        role: 'learner',
        address: '127.0.0.1:7003',
        match: 90,
        lagEntries: 10,
        replication: 'replicate',
      },
    ]);
  });

  it('are changed in one step, and a learner that is added is promoted by itself unless told otherwise', async () => {
    const { api: server, asked } = await api();
    const changes = [
      { kind: 'add', member: 'server-4', address: '[::1]:7004' },
      { kind: 'remove', member: 'server-1' },
    ];
    expect((await server.call('POST', MEMBERS, { changes })).status).toBe(200);
    expect(asked).toEqual([[{ ...changes[0], autoPromote: true }, changes[1]]]);
  });

  it.each([
    [{}, 'changes'],
    [{ changes: [] }, 'changes'],
    [{ changes: Array.from({ length: 17 }, () => ({ kind: 'remove', member: 'a' })) }, 'changes'],
    [{ change: [] }, 'change'],
    [{ changes: [7] }, 'changes[0]'],
    [{ changes: [{ kind: 'demote', member: 'a' }] }, 'changes[0].kind'],
    [{ changes: [{ kind: 'remove' }] }, 'changes[0].member'],
    [{ changes: [{ kind: 'remove', member: '../x' }] }, 'changes[0].member'],
    [{ changes: [{ kind: 'remove', member: 'a', address: 'x:1' }] }, 'changes[0].address'],
    [{ changes: [{ kind: 'add', member: 'a' }] }, 'changes[0].address'],
    [{ changes: [{ kind: 'add', member: 'a', address: 'host:70000' }] }, 'changes[0].address'],
    [{ changes: [{ kind: 'add', member: 'a', address: 'http://host:1' }] }, 'changes[0].address'],
    [{ changes: [{ kind: 'add', member: 'a', address: 'h:1', autoPromote: 'no' }] }, 'changes[0].autoPromote'],
    [{ changes: [{ kind: 'add', member: 'a', address: 'h:1', autopromote: false }] }, 'changes[0].autopromote'],
  ])('are not changed by %j: 422 names the field %s', async (body, field) => {
    const { api: server, asked } = await api();
    const refused = await server.call('POST', MEMBERS, body);
    expect(refused.body).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field }] } });
    expect(asked).toEqual([]);
  });

  it.each([
    [
      { kind: 'notLeader', leader: 'server-3' },
      { code: 421, reason: 'NotLeader', details: { name: 'server-3' } },
    ],
    [
      { kind: 'notLeader', leader: undefined },
      { code: 503, reason: 'ServiceUnavailable' },
    ],
    [
      { kind: 'unknown', message: 'leadership was lost' },
      { code: 504, reason: 'Timeout' },
    ],
    [
      { kind: 'refused', reason: 'changeUnderWay', message: 'another change', remedy: 'Wait.' },
      { code: 409, reason: 'Conflict', details: { causes: [{ reason: 'changeUnderWay' }] } },
    ],
    [
      { kind: 'refused', reason: 'unknownMember', message: 'server-9 is no member', remedy: 'Look.' },
      { code: 422, details: { causes: [{ reason: 'unknownMember', field: 'changes[1].member' }] } },
    ],
  ] as const)('are refused as %j: %j', async (change, status) => {
    const { api: server } = await api({ change });
    const changes = [
      { kind: 'remove', member: 'server-1' },
      { kind: 'remove', member: 'server-9' },
    ];
    expect((await server.call('POST', MEMBERS, { changes })).body).toMatchObject(status);
  });

  it('hand leadership over, and answer when another leads', async () => {
    const { api: server, asked } = await api();
    expect((await server.call('POST', TRANSFER, { target: 'server-3' })).body).toEqual({ leader: 'server-3' });
    expect((await server.call('POST', TRANSFER)).body).toEqual({ leader: 'server-3' });
    expect(asked).toEqual(['server-3', undefined]);
    expect((await server.call('POST', TRANSFER, { target: 3 })).body).toMatchObject({ code: 422 });
    const refusing = await api({ transfer: { kind: 'refused', message: 'x is not a voter', remedy: 'Choose.' } });
    expect((await refusing.api.call('POST', TRANSFER, { target: 'x' })).body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'target' }] },
    });
    expect((await refusing.api.call('POST', TRANSFER, {})).body).toMatchObject({ code: 409 });
  });

  it('are no part of discovery, and nothing else is below their path', async () => {
    const { api: server } = await api();
    expect(JSON.stringify((await server.call('GET', '/')).body)).not.toContain('quorate');
    expect(JSON.stringify((await server.call('GET', '/apis')).body)).not.toContain('quorate');
    expect((await server.call('GET', '/quorate/v1/toString')).status).toBe(404);
    expect((await server.call('GET', '/quorate/v2/members')).status).toBe(404);
    expect((await server.call('DELETE', MEMBERS)).status).toBe(405);
  });
});

describe('the right to administer', () => {
  const user = (...groups: string[]) => ({ name: 'u', uid: '', groups, extra: {} });
  const path = (text: string) => ({ kind: 'nonResource', verb: 'get', path: text }) as const;

  it.each(['/quorate/v1/members', '//quorate/v1/members', '/quorate', '/quorate/v1/status'])(
    'is that of system:masters alone at %s',
    (place) => {
      const denied = { kind: 'denied', reason: 'only administrators may do this' };
      expect(authorize(user('system:masters', 'system:authenticated'), path(place))).toEqual({ kind: 'allowed' });
      expect(authorize(user('system:nodes', 'system:authenticated'), path(place))).toEqual({
        ...denied,
        anonymous: false,
      });
      expect(authorize(user('system:unauthenticated'), path(place))).toEqual({ ...denied, anonymous: true });
    },
  );

  it('is needed for nothing else', () => {
    expect(authorize(user('system:authenticated'), path('/quorateness'))).toEqual({ kind: 'allowed' });
  });
});
