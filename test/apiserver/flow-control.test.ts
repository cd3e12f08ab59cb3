// FlowSchemas and PriorityLevelConfigurations as any client uses them: discovery, every verb, the status apart from the rest.
import { describe, expect, it } from 'vitest';
import { type Answer, testApi } from './harness.ts';

const GROUP = '/apis/flowcontrol.apiserver.k8s.io/v1';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const LABELS = { test: 'mine' };
const named = (body: Answer['body']): string[] =>
  body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);

const RULES = [
  {
    subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  },
];

describe.each([
  {
    plural: 'flowschemas',
    spec: { matchingPrecedence: 10_000, priorityLevelConfiguration: { name: 'global-default' }, rules: RULES },
    changed: { matchingPrecedence: 9_999 },
  },
  {
    plural: 'prioritylevelconfigurations',
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
    changed: { limited: { nominalConcurrencyShares: 4 } },
  },
])('$plural', ({ plural, spec, changed }) => {
  const path = `${GROUP}/${plural}`;

  it('are found by discovery, with their status', async () => {
    const api = await testApi();
    const groups = (await api.call('GET', '/apis')).body.groups;
    expect(groups).toContainEqual(expect.objectContaining({ name: 'flowcontrol.apiserver.k8s.io' }));
    const { resources } = (await api.call('GET', GROUP)).body;
    expect(resources.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([plural, `${plural}/status`]),
    );
  });

  it('are created, read, listed, patched, replaced and deleted, also by label', async () => {
    const api = await testApi();
    const created = await api.call('POST', path, { metadata: { generateName: 'mine-', labels: LABELS }, spec });
    expect(created.status).toBe(201);
    const { name } = created.body.metadata;
    const own = `${path}/${name}`;
    expect((await api.call('GET', own)).body).toEqual(created.body);
    expect(named((await api.call('GET', `${path}?labelSelector=test%3Dmine`)).body)).toEqual([name]);

    const patched = await api.call(
      'PATCH',
      own,
      { metadata: { annotations: { patched: 'true' } }, spec: changed },
      MERGE,
    );
    expect(patched.body.metadata).toMatchObject({ generation: 2, annotations: { patched: 'true' } });
    const replaced = await api.call('PUT', own, { ...patched.body, spec });
    expect(replaced.body.metadata.generation).toBe(3);

    expect((await api.call('DELETE', own)).status).toBe(200);
    expect((await api.call('GET', own)).status).toBe(404);
    await api.call('POST', path, { metadata: { name: 'more', labels: LABELS }, spec });
    expect((await api.call('DELETE', `${path}?labelSelector=test%3Dmine`)).status).toBe(200);
    expect(named((await api.call('GET', path)).body)).toContain('exempt');
    expect(named((await api.call('GET', path)).body)).not.toContain('more');
  });

  it('have a status that is changed apart from the rest', async () => {
    const api = await testApi();
    await api.call('POST', path, { metadata: { name: 'mine' }, spec });
    const own = `${path}/mine/status`;
    const condition = (type: string): object => ({ type, status: 'False', reason: 'ByTest', message: '' });
    const patched = await api.call(
      'PATCH',
      own,
      { spec: changed, status: { conditions: [condition('Patched')] } },
      MERGE,
    );
    expect(patched.body).toMatchObject({ metadata: { generation: 1 }, status: { conditions: [{ type: 'Patched' }] } });
    expect(patched.body.spec).toMatchObject(spec);
    const replaced = await api.call('PUT', own, {
      ...patched.body,
      status: { conditions: [condition('Updated'), condition('Updated')] },
    });
    expect(replaced.status).toBe(422);
    expect(replaced.body.message).toContain('status.conditions[1].type: Duplicate value: "Updated"');
    const read = await api.call('GET', own);
    expect(read.body.status.conditions).toMatchObject([{ type: 'Patched' }]);
    const main = await api.call('PUT', `${path}/mine`, { ...read.body, status: {} });
    expect(main.body.status.conditions).toMatchObject([{ type: 'Patched' }]);
  });
});

describe('a table of flow schemas', () => {
  it('has them in the order in which they are asked', async () => {
    const api = await testApi();
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { rows } = (await api.call('GET', `${GROUP}/flowschemas`, undefined, accept)).body;
    const cells: [string, string, number][] = rows.map(({ cells }: { cells: unknown[] }) => cells);
    expect(cells.map(([name]) => name)).toEqual([
      'exempt',
      'probes',
      'system-leader-election',
      'system-node-high',
      'system-nodes',
      'kube-controller-manager',
      'kube-scheduler',
      'kube-system-service-accounts',
      'service-accounts',
      'global-default',
      'catch-all',
    ]);
    expect(cells[0]?.[2]).toBe(1);
  });
});
