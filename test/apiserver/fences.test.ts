// Fences (house.md, decision 3): whatever a former holder still sends is refused, by every kind of write that a controller
// makes, and each change of the holder raises the fence in the command that makes it.
import { describe, expect, it } from 'vitest';
import { fenceKey } from '../../src/apiserver/storage/fence.ts';
import { type Command, createMemoryStore, type ObjectStore, type Revision } from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import {
  type Answer,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  PODS,
  pod,
  type TestApi,
  testApi,
} from './harness.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const FENCE = 'quorate-fence';
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Recorded extends TestApi {
  readonly commands: Command[];
}

/** An API that remembers what it committed. */
async function recorded(): Promise<Recorded> {
  const inner = createMemoryStore({ clock: manualClock() });
  const commands: Command[] = [];
  const store: ObjectStore = new Proxy(inner, {
    get(target, name) {
      if (name === 'commit')
        return (command: Command, signal: AbortSignal) => {
          commands.push(command);
          return target.commit(command, signal);
        };
      const own: unknown = Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
  return { ...(await testApi({}, store)), commands };
}

const lease = (holderIdentity: string): object => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'l' },
  spec: { holderIdentity },
});

async function fenceOf(answer: Promise<Answer>): Promise<string> {
  const { status, headers } = await answer;
  expect(status).toBeLessThan(300);
  return headers.get(FENCE) ?? '';
}

/** Objects to write to, and the fence of a holder that another has followed. */
async function withFormerHolder(): Promise<{ readonly api: Recorded; readonly former: string; readonly now: string }> {
  const api = await recorded();
  for (const name of ['a', 'b']) await api.call('POST', CONFIG_MAPS, configMap(name));
  await api.call('POST', DEPLOYMENTS, deployment('d', 2));
  await api.call('POST', PODS, pod('p'));
  await api.call('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  const former = await fenceOf(api.call('POST', LEASES, lease('old')));
  const now = await fenceOf(api.call('PATCH', `${LEASES}/l`, { spec: { holderIdentity: 'new' } }, MERGE));
  return { api, former, now };
}

/** Every kind of write that controllers and scheduler make. */
interface LateWrite {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const BINDING = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };
const EVICTION = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
const GENERATED = { ...pod('x'), metadata: { generateName: 'x-' } };

const WRITES: readonly LateWrite[] = [
  { what: 'creates', method: 'POST', path: CONFIG_MAPS, body: configMap('new') },
  { what: 'creates with a generated name', method: 'POST', path: PODS, body: GENERATED },
  { what: 'replaces', method: 'PUT', path: `${CONFIG_MAPS}/a`, body: configMap('a', { k: 'v' }) },
  { what: 'merges', method: 'PATCH', path: `${CONFIG_MAPS}/a`, body: { data: { k: 'v' } }, headers: MERGE },
  {
    what: 'patches',
    method: 'PATCH',
    path: `${PODS}/p`,
    body: { metadata: { labels: { k: 'v' } } },
    headers: STRATEGIC,
  },
  { what: 'deletes', method: 'DELETE', path: `${CONFIG_MAPS}/a` },
  { what: 'deletes a collection', method: 'DELETE', path: CONFIG_MAPS },
  {
    what: 'writes a status',
    method: 'PATCH',
    path: `${DEPLOYMENTS}/d/status`,
    body: { status: { replicas: 7 } },
    headers: MERGE,
  },
  { what: 'scales', method: 'PATCH', path: `${DEPLOYMENTS}/d/scale`, body: { spec: { replicas: 7 } }, headers: MERGE },
  { what: 'binds', method: 'POST', path: `${PODS}/p/binding`, body: BINDING },
  { what: 'evicts', method: 'POST', path: `${PODS}/p/eviction`, body: EVICTION },
];

describe('a former holder of a lease', () => {
  it.each(WRITES)('that $what is refused, and changes nothing', async ({ method, path, body, headers }) => {
    const { api, former } = await withFormerHolder();
    const before = api.store.status().revision;
    const late = await api.call(method, path, body, { ...headers, [FENCE]: former });
    expect(late.body).toMatchObject({ kind: 'Status', code: 409, reason: 'Conflict' });
    expect(late.body.message).toContain('the lease kube-system/l has another holder');
    expect(api.store.status().revision).toBe(before);
  });

  it.each(WRITES)('is told apart from the present one, that $what', async ({ method, path, body, headers }) => {
    const { api, now } = await withFormerHolder();
    const before = api.store.status().revision;
    const { status } = await api.call(method, path, body, { ...headers, [FENCE]: now });
    expect(status).toBeLessThan(300);
    expect(api.store.status().revision).toBeGreaterThan(before);
  });

  it('that decided before it lost the lease is refused when its command arrives: the store compares, not the server', async () => {
    const { api, now } = await withFormerHolder();
    const [namespace, rest] = now.split('/') as [string, string];
    const [name, token] = rest.split('=') as [string, string];
    const condition = {
      kind: 'revision',
      key: fenceKey(namespace, name),
      revision: Number(token) as Revision,
    } as const;
    const { signal } = new AbortController();
    const held = { conditions: [condition], writes: [] };
    expect((await api.store.commit(held, signal)).kind).toBe('committed');
    await api.call('PATCH', `${LEASES}/l`, { spec: { holderIdentity: 'third' } }, MERGE);
    expect((await api.store.commit(held, signal)).kind).toBe('refused');
  });
});

describe('a fence', () => {
  it('is raised by each change of the holder, in the same command, and by nothing else', async () => {
    const api = await recorded();
    const replace = async (holderIdentity: string): Promise<Answer> => {
      const { body } = await api.call('GET', `${LEASES}/l`);
      return api.call('PUT', `${LEASES}/l`, { ...body, spec: { holderIdentity } });
    };
    const changes: readonly (readonly [what: string, raises: boolean, act: () => Promise<Answer>])[] = [
      ['create', true, () => api.call('POST', LEASES, lease('a'))],
      ['renewal', false, () => api.call('PATCH', `${LEASES}/l`, { spec: { leaseTransitions: 1 } }, MERGE)],
      ['release', true, () => api.call('PATCH', `${LEASES}/l`, { spec: { holderIdentity: '' } }, MERGE)],
      ['the same holder again', true, () => api.call('PATCH', `${LEASES}/l`, { spec: { holderIdentity: 'a' } }, MERGE)],
      ['another by PUT', true, () => replace('b')],
      ['deletion', true, () => api.call('DELETE', `${LEASES}/l`)],
      ['create anew', true, () => api.call('POST', LEASES, lease('b'))],
      ['deletion in a collection', true, () => api.call('DELETE', LEASES)],
    ];
    const key = fenceKey('kube-system', 'l');
    for (const [what, raises, act] of changes) {
      const before = api.store.snapshot().get(key)?.revision ?? 0;
      api.commands.length = 0;
      expect((await act()).status, what).toBeLessThan(300);
      const after = api.store.snapshot().get(key)?.revision ?? 0;
      expect(after > before, what).toBe(raises);
      const writing = api.commands.filter((command) => command.writes.some((write) => write.key === key));
      expect(writing.length, what).toBe(raises ? 1 : 0);
      for (const command of writing)
        expect(
          command.writes.some((write) => write.key.startsWith('leases.')),
          what,
        ).toBe(true);
    }
  });
});
