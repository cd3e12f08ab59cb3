// Admission of what has no path of its own in these tests: resizes of pods, and claims of volumes. The plugins are asked as
// handlers ask them.
import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, PersistentVolumeClaim, Pod, ResourceDefinition } from '../../src/api/index.ts';
import { admit, review } from '../../src/apiserver/admission/admit.ts';
import type { Admission } from '../../src/apiserver/admission/plugin.ts';
import type { Operation } from '../../src/apiserver/handlers/operation.ts';
import { PODS, pod, type TestApi, testApi } from './harness.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

async function quota(hard: Record<string, string>, used: Record<string, string>): Promise<void> {
  await api.call('POST', `${NAMESPACE}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } });
  const observed = await api.call('PATCH', `${NAMESPACE}/resourcequotas/q/status`, { status: { hard, used } }, MERGE);
  expect(observed.status).toBe(200);
}

/** What the plugins say of a write. */
function asked(
  definition: Pick<ResourceDefinition, 'group' | 'plural' | 'namespaced'>,
  subresource: string,
  object: KubeObject,
  old?: KubeObject,
): Admission | string {
  const operation = { definition, info: { subresource }, server: api.context } as unknown as Operation;
  const request = { operation, object, old, snapshot: api.store.snapshot() };
  try {
    const admission = admit(request);
    review(request, admission);
    return admission;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a resize', () => {
  const PODS_DEFINITION = { group: '', plural: 'pods', namespaced: true };
  const resized = (old: Pod, cpu: string): Pod => {
    const next = structuredClone(old);
    for (const container of next.spec?.containers ?? []) container.resources = { requests: { cpu }, limits: { cpu } };
    return next;
  };
  const stored = async (cpu: string): Promise<Pod> => {
    const resources = { requests: { cpu }, limits: { cpu } };
    const { body } = await api.call('POST', PODS, pod('p', { containers: [{ name: 'c', image: 'i:1', resources }] }));
    return body as Pod;
  };

  it('is charged by what it adds, and costs nothing when it gives back', async () => {
    const old = await stored('300m');
    await quota({ 'requests.cpu': '1' }, { 'requests.cpu': '600m' });
    const grown = asked(PODS_DEFINITION, 'resize', resized(old, '500m'), old) as Admission;
    expect(grown.writes.map(({ key }) => key)).toEqual(['resourcequotas/default/q']);
    expect(grown.conditions).toMatchObject([{ kind: 'revision', key: 'resourcequotas/default/q' }]);
    expect(grown.turn).toBe('resourcequotas/default');
    expect(asked(PODS_DEFINITION, 'resize', resized(old, '900m'), old)).toBe(
      'pods "p" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    expect(asked(PODS_DEFINITION, 'resize', resized(old, '100m'), old)).toMatchObject({ writes: [] });
    expect(asked(PODS_DEFINITION, '', resized(old, '900m'), old)).toMatchObject({ writes: [] });
  });

  it('stays within the limit ranges', async () => {
    const old = await stored('300m');
    const limits = [{ type: 'Container', max: { cpu: '400m' } }];
    await api.call('POST', `${NAMESPACE}/limitranges`, { metadata: { name: 'l' }, spec: { limits } });
    expect(asked(PODS_DEFINITION, 'resize', resized(old, '500m'), old)).toBe(
      'pods "p" is forbidden: maximum cpu usage per Container is 400m, but limit is 500m',
    );
    expect(asked(PODS_DEFINITION, 'resize', resized(old, '400m'), old)).toMatchObject({ writes: [] });
  });
});

describe('a claim', () => {
  const CLAIMS = { group: '', plural: 'persistentvolumeclaims', namespaced: true };
  const claim = (storage: string): PersistentVolumeClaim => ({
    metadata: { name: 'v', namespace: 'default' },
    spec: { storageClassName: 'gold', resources: { requests: { storage } } },
  });

  it('is charged when it comes and when it grows, for its class too', async () => {
    const gold = 'gold.storageclass.storage.k8s.io/requests.storage';
    const body = { metadata: { name: 'gold' }, provisioner: 'example.com/shown', allowVolumeExpansion: true };
    await api.call('POST', '/apis/storage.k8s.io/v1/storageclasses', body);
    await quota({ 'requests.storage': '10Gi', [gold]: '5Gi' }, { 'requests.storage': '2Gi', [gold]: '2Gi' });
    expect(asked(CLAIMS, '', claim('3Gi'))).toMatchObject({ writes: [{ kind: 'put' }] });
    expect(asked(CLAIMS, '', claim('4Gi'))).toBe(
      `persistentvolumeclaims "v" is forbidden: exceeded quota: q, requested: ${gold}=4Gi, used: ${gold}=2Gi, limited: ${gold}=5Gi`,
    );
    expect(asked(CLAIMS, '', claim('4Gi'), claim('1Gi'))).toMatchObject({ writes: [{ kind: 'put' }] });
    expect(asked(CLAIMS, '', claim('5Gi'), claim('1Gi'))).toContain(`requested: ${gold}=4Gi`);
  });

  it('stays within the limit ranges, of which requests alone matter', async () => {
    const limits = [{ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }];
    await api.call('POST', `${NAMESPACE}/limitranges`, { metadata: { name: 'l' }, spec: { limits } });
    expect(asked(CLAIMS, '', claim('2Gi'))).toMatchObject({ conditions: [{ key: 'namespaces//default' }] });
    expect(asked(CLAIMS, '', claim('3Gi'))).toBe(
      'persistentvolumeclaims "v" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    expect(asked(CLAIMS, '', claim('1Mi'))).toContain(
      'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi',
    );
    expect(asked(CLAIMS, '', claim('3Gi'), claim('1Gi'))).toContain('maximum storage usage');
  });
});
