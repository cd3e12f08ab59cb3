// Discovery, and what an incomplete one must not be taken for.
import { describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/client/index.ts';
import { isEmptied, terminatingStatus } from '../../src/controllers/namespace/plan.ts';
import { createCatalog } from '../../src/controllers/shared/catalog.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

/** A client that knows nothing but these answers; anything else is 503. */
function answering(answers: Record<string, unknown>): ApiClient {
  const raw = async (_: string, path: string) =>
    path in answers ? { status: 200, body: answers[path] } : { status: 503, body: {} };
  return { raw } as unknown as ApiClient;
}

const resource = (name: string, kind: string) => ({ name, kind, namespaced: true, verbs: ['list', 'delete'] });
const GROUPS = {
  groups: [
    {
      name: 'apps',
      versions: [{ version: 'v1beta1' }, { version: 'v1' }],
      preferredVersion: { version: 'v1' },
    },
  ],
};

describe('the catalog of resources', () => {
  it('lists each resource once, at the preferred version, and knows its kind at every version', async () => {
    const client = answering({
      '/api': { versions: ['v1'] },
      '/api/v1': { resources: [resource('pods', 'Pod'), resource('pods/status', 'Pod')] },
      '/apis': GROUPS,
      '/apis/apps/v1': { resources: [resource('deployments', 'Deployment')] },
      '/apis/apps/v1beta1': { resources: [resource('deployments', 'Deployment'), resource('olds', 'Old')] },
    });
    const catalog = createCatalog({ client, clock: manualClock(), logger: silentLogger });
    const { entries, failures } = await catalog.refresh();
    expect(entries.map(({ ref }) => `${ref.group}/${ref.version}/${ref.plural}`)).toEqual([
      '/v1/pods',
      'apps/v1/deployments',
      'apps/v1beta1/olds',
    ]);
    expect(failures).toEqual([]);
    expect(catalog.refOf('apps/v1beta1', 'Deployment')).toMatchObject({ version: 'v1beta1', plural: 'deployments' });
    expect(catalog.refOf('apps/v2', 'Deployment')).toBeUndefined();
  });

  it('names the versions that did not answer', async () => {
    const client = answering({ '/api': { versions: ['v1'] }, '/api/v1': { resources: [] }, '/apis': GROUPS });
    const catalog = createCatalog({ client, clock: manualClock(), logger: silentLogger });
    expect((await catalog.refresh()).failures).toEqual(['apps/v1', 'apps/v1beta1']);
  });

  it('starts as soon as the servers answer, trying again until they do', async () => {
    const clock = manualClock();
    const answers: Record<string, unknown> = {};
    const catalog = createCatalog({ client: answering(answers), clock, logger: silentLogger });
    const stop = new AbortController();
    let started = false;
    const starting = catalog.start(stop.signal).then(() => {
      started = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toBe(false);
    Object.assign(answers, { '/api': { versions: [] }, '/apis': { groups: [] } });
    clock.advance(1_000);
    await starting;
    stop.abort();
    expect(started).toBe(true);
  });
});

describe('a namespace whose contents are not fully known', () => {
  const now = '2026-01-01T00:00:00Z';
  it('does not go while a group is silent or a deletion failed', () => {
    const nothing = { undiscovered: [], failures: [], remains: [] };
    expect(isEmptied(nothing)).toBe(true);
    expect(isEmptied({ ...nothing, undiscovered: ['apps/v1'] })).toBe(false);
    expect(isEmptied({ ...nothing, failures: ['pods: refused'] })).toBe(false);
    expect(isEmptied({ ...nothing, remains: [{ resource: 'pods', count: 1, finalizers: new Map() }] })).toBe(false);
  });

  it('keeps the time of a condition that has not changed', () => {
    const outcome = { undiscovered: ['apps/v1'], failures: [], remains: [] };
    const first = terminatingStatus({ phase: 'Active' }, outcome, now);
    const second = terminatingStatus(first, outcome, '2026-01-01T00:05:00Z');
    expect(second).toEqual(first);
    const better = terminatingStatus(second, { ...outcome, undiscovered: [] }, '2026-01-01T00:09:00Z');
    const discovery = better.conditions?.find(({ type }) => type === 'NamespaceDeletionDiscoveryFailure');
    expect(discovery).toMatchObject({ status: 'False', lastTransitionTime: '2026-01-01T00:09:00Z' });
  });
});

describe('the end of a catalog', () => {
  it('gives up a question that nobody answers', async () => {
    const asked: (AbortSignal | undefined)[] = [];
    const raw = (_method: string, _path: string, _body: unknown, options: { signal?: AbortSignal } = {}) => {
      asked.push(options.signal);
      return new Promise((_, reject) => {
        options.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    };
    const client = { raw } as unknown as ApiClient;
    const stop = new AbortController();
    const catalog = createCatalog({ client, clock: manualClock(), logger: silentLogger });
    const starting = catalog.start(stop.signal);
    expect(asked).toHaveLength(1);
    stop.abort();
    await starting;
  });
});
