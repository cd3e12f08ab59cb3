// Lists: pages at one revision, selectors, revisions, and the shapes that clients ask for.
import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap, PODS, pod, type TestApi, testApi } from './harness.ts';

let api: TestApi;
const names = (body: { items: { metadata: { name: string } }[] }): string[] =>
  body.items.map(({ metadata }) => metadata.name);

beforeEach(async () => {
  api = await testApi();
  for (let at = 0; at < 5; at++)
    await api.call('POST', CONFIG_MAPS, configMap(`c${at}`, {}, { parity: String(at % 2) }));
});

describe('list', () => {
  it('pages at one revision, whatever happens meanwhile', async () => {
    const first = await api.call('GET', `${CONFIG_MAPS}?limit=2`);
    expect(names(first.body)).toEqual(['c0', 'c1']);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await api.call('DELETE', `${CONFIG_MAPS}/c3`);
    await api.call('POST', CONFIG_MAPS, configMap('c9'));
    const token = encodeURIComponent(first.body.metadata.continue);
    const second = await api.call('GET', `${CONFIG_MAPS}?limit=2&continue=${token}`);
    expect(names(second.body)).toEqual(['c2', 'c3']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const last = await api.call(
      'GET',
      `${CONFIG_MAPS}?limit=2&continue=${encodeURIComponent(second.body.metadata.continue)}`,
    );
    expect(names(last.body)).toEqual(['c4']);
    expect(last.body.metadata.continue).toBeUndefined();
  });

  it('answers an exact old revision, and at least a newer one', async () => {
    const before = await api.call('GET', CONFIG_MAPS);
    await api.call('DELETE', `${CONFIG_MAPS}/c0`);
    const version = before.body.metadata.resourceVersion;
    expect(
      names((await api.call('GET', `${CONFIG_MAPS}?resourceVersion=${version}&resourceVersionMatch=Exact`)).body),
    ).toHaveLength(5);
    expect(names((await api.call('GET', `${CONFIG_MAPS}?resourceVersion=${version}`)).body)).toHaveLength(4);
    expect(names((await api.call('GET', `${CONFIG_MAPS}?resourceVersion=0`)).body)).toHaveLength(4);
  });

  it('selects by labels and fields', async () => {
    const labelled = await api.call('GET', `${CONFIG_MAPS}?labelSelector=${encodeURIComponent('parity in (1)')}`);
    expect(names(labelled.body)).toEqual(['c1', 'c3']);
    expect(names((await api.call('GET', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dc2`)).body)).toEqual(['c2']);
    const elsewhere = await api.call('GET', '/api/v1/configmaps?fieldSelector=metadata.namespace!%3Ddefault');
    expect(names(elsewhere.body).filter((name) => name.startsWith('c'))).toEqual([]);
    await api.call('POST', PODS, pod('p'));
    expect(
      names((await api.call('GET', `${PODS}?fieldSelector=spec.nodeName%3D,status.phase%3DPending`)).body),
    ).toEqual(['p']);
  });

  it('does not tell a namespace from one whose name begins with its name', async () => {
    await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'default-2' } });
    await api.call('POST', '/api/v1/namespaces/default-2/configmaps', configMap('other'));
    expect(names((await api.call('GET', CONFIG_MAPS)).body)).not.toContain('other');
    expect(names((await api.call('GET', '/api/v1/configmaps')).body)).toContain('other');
  });

  it('answers tables, metadata and YAML where they are asked for', async () => {
    const table = await api.call('GET', PODS, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(table.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.body.columnDefinitions[0].name).toBe('Name');
    const metadata = await api.call('GET', CONFIG_MAPS, undefined, {
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    expect(metadata.body.kind).toBe('PartialObjectMetadataList');
    expect(metadata.body.items[0]).not.toHaveProperty('data');
    const yaml = await api.call('GET', `${CONFIG_MAPS}/c0`, undefined, { accept: 'application/yaml' });
    expect(yaml.headers.get('content-type')).toBe('application/yaml');
    expect(yaml.text).toContain('name: c0');
  });

  it('waits a moment for a revision that is to come, then says that it is too large', async () => {
    const waiting = api.call('GET', `${CONFIG_MAPS}?resourceVersion=999999`);
    while (api.clock.pending < 2) await new Promise(setImmediate);
    api.clock.advance(3_000);
    const answer = await waiting;
    expect(answer.body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });
});

describe('events', () => {
  it('are one resource under two groups', async () => {
    const event = {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'R',
      message: 'm',
      type: 'Normal',
    };
    expect((await api.call('POST', '/api/v1/namespaces/default/events', event)).status).toBe(201);
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const viewed = await api.call('GET', `${path}/e`);
    expect(viewed.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'm', regarding: { name: 'p' } });
    expect(names((await api.call('GET', `${path}?fieldSelector=regarding.name%3Dp`)).body)).toEqual(['e']);
    const core = await api.call('GET', '/api/v1/events?fieldSelector=involvedObject.name%3Dp');
    expect(core.body.items[0]).toMatchObject({ apiVersion: 'v1', message: 'm' });
  });
});
