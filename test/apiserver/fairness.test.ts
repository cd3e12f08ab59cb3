// Priority and fairness through the whole API server: a user who floods it waits and is refused, everybody else is served. Requests
// are held at a gate, so that seats are full when they are meant to be.
import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { bootstrap } from '../../src/apiserver/background/bootstrap.ts';
import { writeDangling } from '../../src/apiserver/background/flow-schema-status.ts';
import { createApp } from '../../src/apiserver/http/app.ts';
import type { Exchange } from '../../src/apiserver/http/exchange.ts';
import type { UserInfo } from '../../src/apiserver/index.ts';
import { REFUSAL_HELD_LIMIT_MS } from '../../src/apiserver/limits.ts';
import { createMemoryStore, type ObjectStore, type Revision } from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { type Answer, CONFIG_MAPS, configMap, PODS, type TestApi, testApi } from './harness.ts';

const GROUP = '/apis/flowcontrol.apiserver.k8s.io/v1';
const SCHEMAS = `${GROUP}/flowschemas`;
const LEVELS = `${GROUP}/prioritylevelconfigurations`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const NEVER = new AbortController().signal;

const user = (name: string, ...groups: string[]): UserInfo => ({ name, uid: '', groups, extra: {} });
const USERS = new Map([
  ['root', user('root', 'system:masters')],
  ['alice', user('alice')],
  ['bob', user('bob')],
  ['account', user('system:serviceaccount:default:a', 'system:serviceaccounts')],
]);
const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${name}` });

/** Current reads wait at it, in their order, while it is shut. */
class Gate {
  shut = false;
  readonly #held: (() => void)[] = [];

  get held(): number {
    return this.#held.length;
  }

  before(store: ObjectStore): ObjectStore {
    const readBarrier = async (signal: AbortSignal): Promise<Revision> => {
      if (this.shut) await new Promise<void>((resolve) => this.#held.push(resolve));
      return store.readBarrier(signal);
    };
    return new Proxy(store, {
      get(target, name) {
        if (name === 'readBarrier') return readBarrier;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  letOne(): void {
    this.#held.shift()?.();
  }

  open(): void {
    this.shut = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

/** Until everything that can go on has done so. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

let gate: Gate;
let api: TestApi;
beforeEach(async () => {
  gate = new Gate();
  const clock = manualClock();
  const store = gate.before(createMemoryStore({ clock }));
  api = await testApi({ clock, authentication: { staticTokens: USERS } }, store);
  api = { ...api, clock };
  await api.call('POST', CONFIG_MAPS, configMap('a'), as('root'));
});

const current = (name: string): Promise<Answer> => api.call('GET', `${CONFIG_MAPS}/a`, undefined, as(name));
/** Answered from what the server has: no gate is in its way. */
const local = (name: string): Promise<Answer> =>
  api.call('GET', `${CONFIG_MAPS}/a?resourceVersion=0`, undefined, as(name));

async function count(metric: string, labels: string): Promise<number> {
  const { text } = await api.call('GET', '/metrics', undefined, as('root'));
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`apiserver_flowcontrol_${metric}{`) && one.includes(labels));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** 500 requests of alice, of which as many are held at the gate as there are seats. */
async function flood(): Promise<Promise<Answer>[]> {
  gate.shut = true;
  const asked = Array.from({ length: 500 }, () => current('alice'));
  await settled();
  return asked;
}

/** Whoever waits is served, and the refusals that are held back are told. */
async function ended(asked: readonly Promise<Answer>[]): Promise<Answer[]> {
  gate.open();
  await settled();
  api.clock.advance(REFUSAL_HELD_LIMIT_MS);
  return Promise.all(asked);
}

const GLOBAL = 'flow_schema="global-default"';

describe('a user who floods the server', () => {
  it('waits, and is refused beyond its queues, while another one is served', async () => {
    const asked = await flood();
    const seats = gate.held;
    expect(seats).toBe(await count('current_limit_seats', 'priority_level="global-default"'));
    // Six queues of fifty are dealt to a user.
    expect(await count('current_inqueue_requests', GLOBAL)).toBe(300);
    expect(await count('rejected_requests_total', 'reason="queue-full"')).toBe(500 - seats - 300);

    let served: number | undefined;
    const quiet = local('bob').then(({ status }) => {
      served = status;
    });
    await settled();
    expect(served).toBeUndefined();
    let released = 0;
    for (; served === undefined && released < 20; released++) {
      gate.letOne();
      await settled();
    }
    expect(served).toBe(200);
    expect(released).toBeLessThanOrEqual(7);
    expect(await count('current_inqueue_requests', GLOBAL)).toBeGreaterThan(290);

    const answers = await ended(asked);
    await quiet;
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(seats + 300);
    expect(statuses.filter((status) => status === 429)).toHaveLength(500 - seats - 300);
    expect(await count('current_executing_requests', GLOBAL)).toBe(0);
    expect(await count('current_inqueue_requests', GLOBAL)).toBe(0);
  });

  it('is told to come again later', async () => {
    const asked = await flood();
    const refused = (await Promise.race(asked)) as Answer;
    expect(refused.body).toMatchObject({
      kind: 'Status',
      code: 429,
      reason: 'TooManyRequests',
      message: 'Too many requests, please try again later.',
      details: { retryAfterSeconds: 1 },
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('x-kubernetes-pf-prioritylevel-uid')).toMatch(/^[0-9a-f-]{36}$/);
    await ended(asked);
  });

  it('delays neither administrators, nor probes, nor other levels', async () => {
    const asked = await flood();
    expect((await local('root')).status).toBe(200);
    expect((await local('account')).status).toBe(200);
    expect((await api.call('GET', '/readyz', undefined, as('alice'))).status).toBe(200);
    expect((await api.call('GET', '/livez')).status).toBe(200);
    await ended(asked);
  });

  it('gets more seats when nobody wants them, but none from a busy server', async () => {
    const asked = await flood();
    api.clock.advance(10_000);
    api.context.fairness.shareSeats(true);
    await settled();
    expect(gate.held).toBe(49);
    api.clock.advance(1_000);
    api.context.fairness.shareSeats(false);
    await settled();
    // As many again as are its own: more is borrowed only by a level that says so.
    expect(gate.held).toBe(98);
    await ended(asked);
  });
});

describe('a request that waits', () => {
  it('does so for a quarter of its time, and is refused then', async () => {
    const asked = await flood();
    const hurried = api.call('GET', `${PODS}?timeout=8s&resourceVersion=0`, undefined, as('bob'));
    await settled();
    api.clock.advance(2_000);
    expect((await hurried).status).toBe(429);
    expect(await count('rejected_requests_total', 'reason="time-out"')).toBe(1);
    api.clock.advance(13_000);
    await settled();
    expect(await count('rejected_requests_total', 'reason="time-out"')).toBe(301);
    expect(await count('current_inqueue_requests', GLOBAL)).toBe(0);
    await ended(asked);
  });

  it('leaves its queue with its client', async () => {
    const asked = await flood();
    const socket = new EventEmitter();
    const exchange = { target: PODS, socket, isAnswered: false, answer: () => undefined } as unknown as Exchange;
    const left = createApp(api.context).request(PODS, { headers: as('bob') }, { exchange });
    await settled();
    expect(await count('current_inqueue_requests', GLOBAL)).toBe(301);
    socket.emit('close');
    expect((await left).status).toBe(429);
    expect(await count('rejected_requests_total', 'reason="cancelled"')).toBe(1);
    expect(socket.listenerCount('close')).toBe(0);
    await ended(asked);
    expect(await count('current_executing_requests', GLOBAL)).toBe(0);
  });

  it('leaves its queue with its stream, and hangs nothing on the connection that streams share', async () => {
    const asked = await flood();
    const socket = new EventEmitter();
    const abandon: (() => void)[] = [];
    const stream = (): Promise<{ status: number }> => {
      const onAbandoned = (listener: () => void): number => abandon.push(listener);
      const exchange = { target: PODS, socket, isAnswered: false, answer: () => undefined, onAbandoned };
      const env = { exchange: exchange as unknown as Exchange };
      return Promise.resolve(createApp(api.context).request(PODS, { headers: as('bob') }, env));
    };
    const streams = Array.from({ length: 12 }, stream);
    await settled();
    expect(await count('current_inqueue_requests', GLOBAL)).toBe(312);
    expect(socket.listenerCount('close')).toBe(0);
    for (const each of abandon) each();
    for (const { status } of await Promise.all(streams)) expect(status).toBe(429);
    expect(await count('rejected_requests_total', 'reason="cancelled"')).toBe(12);
    await ended(asked);
    expect(await count('current_executing_requests', GLOBAL)).toBe(0);
  });
});

const schemaFor = (name: string, level: string, more: object = {}): object => ({
  metadata: { name: `for-${name}` },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: 50,
    rules: [
      {
        subjects: [{ kind: 'User', user: { name } }],
        resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], namespaces: ['default'] }],
      },
    ],
    ...more,
  },
});
const levelOf = (name: string, nominalConcurrencyShares: number, limitResponse: object): object => ({
  metadata: { name },
  spec: { type: 'Limited', limited: { nominalConcurrencyShares, limitResponse } },
});

describe('what the objects say', () => {
  it('is obeyed by the next request, and by those that wait', async () => {
    await api.call('POST', LEVELS, levelOf('jail', 0, { type: 'Queue', queuing: {} }), as('root'));
    expect((await local('alice')).status).toBe(200);
    await api.call('POST', SCHEMAS, schemaFor('alice', 'jail'), as('root'));
    let served: number | undefined;
    const waiting = local('alice').then(({ status }) => {
      served = status;
    });
    await settled();
    expect(served).toBeUndefined();
    // Another resource is not meant, nor another user.
    expect((await api.call('GET', `${PODS}?resourceVersion=0`, undefined, as('alice'))).status).toBe(200);
    expect((await local('bob')).status).toBe(200);
    await api.call(
      'PATCH',
      `${LEVELS}/jail`,
      { spec: { limited: { nominalConcurrencyShares: 5 } } },
      { ...as('root'), ...MERGE },
    );
    await waiting;
    expect(served).toBe(200);
  });

  it('may refuse instead of letting wait', async () => {
    await api.call('POST', LEVELS, levelOf('never', 0, { type: 'Reject' }), as('root'));
    await api.call('POST', SCHEMAS, schemaFor('bob', 'never'), as('root'));
    expect((await local('bob')).status).toBe(429);
    expect(await count('rejected_requests_total', 'reason="concurrency-limit"')).toBe(1);
    await api.call('DELETE', `${SCHEMAS}/for-bob`, undefined, as('root'));
    expect((await local('bob')).status).toBe(200);
  });

  it('refuses a crowd slowly, for it would ask again at once', async () => {
    await api.call('POST', LEVELS, levelOf('never', 0, { type: 'Reject' }), as('root'));
    await api.call('POST', SCHEMAS, schemaFor('bob', 'never'), as('root'));
    let refused = 0;
    const asked = Array.from({ length: 100 }, async () => {
      const { status } = await local('bob');
      if (status === 429) refused++;
    });
    await settled();
    expect(refused).toBe(51);
    api.clock.advance(40);
    await settled();
    expect(refused).toBe(61);
    api.clock.advance(1_000);
    await Promise.all(asked);
    expect(refused).toBe(100);
    expect(await count('rejected_requests_total', 'reason="concurrency-limit"')).toBe(100);
  });

  it('is named in every answer by uid', async () => {
    const uidOf = async (path: string): Promise<string> =>
      (await api.call('GET', path, undefined, as('root'))).body.metadata.uid;
    const { headers } = await local('account');
    expect(headers.get('x-kubernetes-pf-flowschema-uid')).toBe(await uidOf(`${SCHEMAS}/service-accounts`));
    expect(headers.get('x-kubernetes-pf-prioritylevel-uid')).toBe(await uidOf(`${LEVELS}/workload-low`));
    const probe = await api.call('GET', '/livez');
    expect(probe.headers.get('x-kubernetes-pf-flowschema-uid')).toBe(await uidOf(`${SCHEMAS}/probes`));
  });

  it('is passed over where a schema names no level that there is, and its status says so', async () => {
    const dangling = async (name: string): Promise<{ status: string; reason: string; message: string }[]> =>
      (await api.call('GET', `${SCHEMAS}/${name}`, undefined, as('root'))).body.status.conditions ?? [];
    await api.call('POST', SCHEMAS, schemaFor('alice', 'nowhere'), as('root'));
    expect((await local('alice')).status).toBe(200);
    await writeDangling(api.context, NEVER);
    expect(await dangling('for-alice')).toMatchObject([
      {
        type: 'Dangling',
        status: 'True',
        reason: 'NotFound',
        message:
          'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object',
      },
    ]);
    expect(await dangling('exempt')).toMatchObject([{ status: 'False', reason: 'Found' }]);

    await api.call(
      'PATCH',
      `${SCHEMAS}/for-alice/status`,
      { status: { conditions: [{ type: 'Mine', status: 'True' }] } },
      {
        ...as('root'),
        'content-type': 'application/strategic-merge-patch+json',
      },
    );
    await api.call('POST', LEVELS, levelOf('nowhere', 0, { type: 'Reject' }), as('root'));
    expect((await local('alice')).status).toBe(429);
    await writeDangling(api.context, NEVER);
    const after = await dangling('for-alice');
    expect(after).toContainEqual(expect.objectContaining({ type: 'Dangling', status: 'False', reason: 'Found' }));
    expect(after).toContainEqual(expect.objectContaining({ type: 'Mine' }));
  });
});

describe('the built-in objects', () => {
  const get = async (path: string): Promise<Answer['body']> =>
    (await api.call('GET', path, undefined, as('root'))).body;
  const patch = (path: string, body: object): Promise<Answer> =>
    api.call('PATCH', path, body, { ...as('root'), ...MERGE });

  it('are all there, and say that the server keeps them', async () => {
    const names = async (path: string): Promise<string[]> =>
      (await get(path)).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    expect(await names(LEVELS)).toEqual([
      'catch-all',
      'exempt',
      'global-default',
      'leader-election',
      'node-high',
      'system',
      'workload-high',
      'workload-low',
    ]);
    expect(await names(SCHEMAS)).toHaveLength(11);
    expect((await get(`${SCHEMAS}/probes`)).metadata.annotations).toEqual({
      'apf.kubernetes.io/autoupdate-spec': 'true',
    });
  });

  it('come back when they are deleted, and are brought up to date while nobody has taken them over', async () => {
    await api.call('DELETE', `${SCHEMAS}/catch-all`, undefined, as('root'));
    await api.call('DELETE', `${LEVELS}/system`, undefined, as('root'));
    await patch(`${LEVELS}/workload-low`, { spec: { limited: { nominalConcurrencyShares: 7 } } });
    expect((await local('alice')).status).toBe(200);
    await bootstrap(api.context, NEVER);
    expect((await get(`${SCHEMAS}/catch-all`)).spec.matchingPrecedence).toBe(10_000);
    expect((await get(`${LEVELS}/system`)).spec.limited.nominalConcurrencyShares).toBe(30);
    expect((await get(`${LEVELS}/workload-low`)).spec.limited.nominalConcurrencyShares).toBe(100);
  });

  it('are left to an operator who says that they are his', async () => {
    await patch(`${LEVELS}/workload-low`, {
      metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } },
      spec: { limited: { nominalConcurrencyShares: 7 } },
    });
    await patch(`${SCHEMAS}/global-default`, {
      metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': null } },
      spec: { matchingPrecedence: 9800 },
    });
    await patch(`${LEVELS}/exempt`, { spec: { exempt: { nominalConcurrencyShares: 3 } } });
    await bootstrap(api.context, NEVER);
    expect((await get(`${LEVELS}/workload-low`)).spec.limited.nominalConcurrencyShares).toBe(7);
    const changed = await get(`${SCHEMAS}/global-default`);
    expect(changed.spec.matchingPrecedence).toBe(9800);
    expect(changed.metadata.annotations).toEqual({ 'apf.kubernetes.io/autoupdate-spec': 'false' });
    expect((await get(`${LEVELS}/exempt`)).spec.exempt.nominalConcurrencyShares).toBe(3);
    const { revision } = api.store.snapshot();
    await bootstrap(api.context, NEVER);
    expect(api.store.snapshot().revision).toBe(revision);
  });

  it('refuse what would make them useless', async () => {
    const refused = await patch(`${SCHEMAS}/exempt`, { spec: { matchingPrecedence: 500 } });
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain("spec of 'exempt' must equal the fixed value");
  });
});
