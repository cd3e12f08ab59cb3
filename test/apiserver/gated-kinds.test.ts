// Beta and alpha versions over an API server with every feature gate open: each through its verbs, what two versions of one kind
// have in common, and what is refused in them.
import { beforeAll, describe, expect, it } from 'vitest';
import { createGatedRegistry } from '../../src/api/index.ts';
import { createApiServer } from '../../src/apiserver/index.ts';
import type { ApiClient } from '../../src/client/index.ts';
import { createCatalog } from '../../src/controllers/shared/catalog.ts';
import { createRegistry, defined, silentLogger } from '../../src/lib/index.ts';
import { certificateAuthority } from '../support/certificate-authority.ts';
import { certificateRequest } from '../support/certificate-request.ts';
import { manualClock } from '../support/manual-clock.ts';
import { selfSigned } from '../support/self-signed.ts';
import { type GatedSample, type Given, gatedSamples } from './gated-kinds.samples.ts';
import { type Answer, type TestApi, testApi, testOptions } from './harness.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: TestApi;
let samples: ReturnType<typeof gatedSamples>;
let given: Given;

beforeAll(async () => {
  const pem = await certificateRequest('ECDSA');
  const request = pem.replace(/-----[^-]+-----|\s/g, '');
  given = { request, authority: await certificateAuthority('root') };
  samples = gatedSamples(given);
  api = await testApi({ registry: await createGatedRegistry({ AllAlpha: true, AllBeta: true }) });
});

function pathOf(groupVersion: string, { plural, namespaced }: Pick<GatedSample, 'plural' | 'namespaced'>): string {
  return `/apis/${groupVersion}${namespaced ? '/namespaces/default' : ''}/${plural}`;
}

function sampleOf(groupVersion: string, plural: string): GatedSample {
  return defined(
    samples[groupVersion]?.find((sample) => sample.plural === plural),
    plural,
  );
}

function post(groupVersion: string, plural: string, name: string, body?: object): Promise<Answer> {
  const sample = sampleOf(groupVersion, plural);
  return api.call('POST', pathOf(groupVersion, sample), { metadata: { name }, ...(body ?? sample.body) });
}

async function walk(groupVersion: string, sample: GatedSample): Promise<void> {
  const path = pathOf(groupVersion, sample);
  const [first, second] = sample.names ?? ['first', 'second'];
  const at = `${path}/${encodeURIComponent(first)}`;
  // What the cluster itself has of a kind stays.
  const own = `${path}?labelSelector=walk`;
  const labels = { walk: 'yes' };
  const created = await api.call('POST', path, { metadata: { name: first, labels }, ...sample.body });
  expect(created.body).toMatchObject({ apiVersion: groupVersion, metadata: { name: first }, ...sample.body });
  expect(created.status).toBe(201);
  expect((await api.call('GET', at)).body).toEqual(created.body);
  const list = await api.call('GET', own);
  expect(list.body).toMatchObject({
    apiVersion: groupVersion,
    kind: `${created.body.kind}List`,
    items: [created.body],
  });
  const table = await api.call('GET', path, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  expect(table.body.rows[0].cells[0]).toBe(first);

  const annotated = await api.call('PATCH', at, { metadata: { annotations: { walk: 'patched' } } }, MERGE);
  expect(annotated).toMatchObject({ status: 200, body: { apiVersion: groupVersion, ...sample.body } });
  const put = await api.call('PUT', at, {
    ...annotated.body,
    metadata: { ...annotated.body.metadata, annotations: {} },
  });
  expect(put.status).toBe(200);
  expect((await api.call('PUT', at, annotated.body)).body).toMatchObject({ code: 409, reason: 'Conflict' });
  const same = await api.call('PUT', at, put.body);
  expect(same.body.metadata.resourceVersion).toBe(put.body.metadata.resourceVersion);

  if (sample.status !== undefined) {
    const reported = await api.call('PATCH', `${at}/status`, { status: sample.status }, MERGE);
    expect(reported.body).toMatchObject({ apiVersion: groupVersion, ...sample.body, status: sample.status });
    const whole = await api.call('PUT', at, { ...reported.body, status: {} });
    expect(whole.body.status).toEqual(reported.body.status);
  }
  const other = await api.call('POST', path, { metadata: { name: second, labels }, ...sample.body });
  expect(other.body.metadata?.name).toBe(second);
  expect((await api.call('DELETE', at)).status).toBe(200);
  expect((await api.call('GET', at)).status).toBe(404);
  expect((await api.call('DELETE', own)).status).toBe(200);
  expect((await api.call('GET', own)).body.items).toEqual([]);
}

describe('every version behind a gate', () => {
  it('is walked below, and none else', async () => {
    const { groups } = (await api.call('GET', '/apis')).body as { groups: { versions: { groupVersion: string }[] }[] };
    const served = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion));
    const gated = served.filter((groupVersion) => /v\d+(alpha|beta)/.test(groupVersion));
    expect(Object.keys(samples).sort()).toEqual([...gated].sort());
    for (const groupVersion of gated) {
      const { resources } = (await api.call('GET', `/apis/${groupVersion}`)).body as { resources: { name: string }[] };
      const plurals = resources.map(({ name }) => name).filter((name) => !name.includes('/'));
      expect(samples[groupVersion]?.map(({ plural }) => plural).sort()).toEqual(plurals.sort());
    }
  });

  it('takes every verb', async () => {
    for (const [groupVersion, kinds] of Object.entries(samples))
      for (const sample of kinds) await walk(groupVersion, sample);
  });

  it('is in the OpenAPI documents, with the words of its stable version', async () => {
    const document = (await api.call('GET', '/openapi/v3/apis/resource.k8s.io/v1beta1')).body;
    const schemas = document.components.schemas;
    const request = schemas['io.k8s.api.resource.v1beta1.DeviceRequest'];
    expect(request.properties.deviceClassName.description).toContain('DeviceClass');
    const slice = schemas['io.k8s.api.resource.v1beta1.ResourcePool'];
    expect(slice.properties.generation.description).toContain('Generation');
    const v2 = (await api.call('GET', '/openapi/v2')).body;
    expect(v2.paths['/apis/certificates.k8s.io/v1alpha1/clustertrustbundles/{name}']).toBeDefined();
    expect(v2.definitions['io.k8s.api.certificates.v1alpha1.ClusterTrustBundleSpec']).toBeDefined();
  });

  it('is not there without gates', async () => {
    const plain = await testApi();
    expect((await plain.call('GET', '/apis/certificates.k8s.io/v1beta1/clustertrustbundles')).status).toBe(404);
    const names = (await plain.call('GET', '/apis')).body.groups.map(({ name }: { name: string }) => name);
    expect(names).not.toContain('internal.apiserver.k8s.io');
  });

  it('is one resource with its other versions for those who go by discovery', async () => {
    const raw = (method: string, path: string) => api.call(method, path);
    const client = { raw } as unknown as ApiClient;
    const catalog = createCatalog({ client, clock: manualClock(), logger: silentLogger });
    const { entries } = await catalog.refresh();
    const versions = new Map(entries.map(({ ref }) => [`${ref.plural}.${ref.group}`, ref.version]));
    expect(versions.size).toBe(entries.length);
    expect(versions.get('resourceclaims.resource.k8s.io')).toBe('v1');
    expect(versions.get('devicetaintrules.resource.k8s.io')).toBe('v1beta2');
    expect(versions.get('clustertrustbundles.certificates.k8s.io')).toBe('v1beta1');
    expect(versions.get('leasecandidates.coordination.k8s.io')).toBe('v1beta1');
  });
});

describe('two versions of one kind', () => {
  it('are one object: written in v1beta1, read and watched in v1', async () => {
    const claims = '/namespaces/default/resourceclaims';
    const from = (await api.call('GET', `/apis/resource.k8s.io/v1${claims}`)).body.metadata.resourceVersion;
    const older = await post('resource.k8s.io/v1beta1', 'resourceclaims', 'shared');
    const newer = (await api.call('GET', `/apis/resource.k8s.io/v1${claims}/shared`)).body;
    expect(newer.metadata).toEqual(older.body.metadata);
    const gpu = { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 };
    expect(older.body.spec.devices.requests).toEqual([{ name: 'gpu', ...gpu }]);
    expect(newer.spec.devices.requests).toEqual([{ name: 'gpu', exactly: gpu }]);
    for (const version of ['v1', 'v1beta2', 'v1beta1']) {
      const event = await firstEvent(`/apis/resource.k8s.io/${version}${claims}?watch=true&resourceVersion=${from}`);
      expect(event).toMatchObject({ type: 'ADDED', object: { apiVersion: `resource.k8s.io/${version}` } });
      const { requests } = event.object.spec.devices;
      expect(requests).toEqual(version === 'v1beta1' ? older.body.spec.devices.requests : newer.spec.devices.requests);
    }
    const changed = await api.call(
      'PATCH',
      `/apis/resource.k8s.io/v1beta1${claims}/shared`,
      { spec: { devices: { requests: [] } } },
      MERGE,
    );
    expect(changed.body).toMatchObject({ code: 422, reason: 'Invalid' });
    await api.call('DELETE', `/apis/resource.k8s.io/v1${claims}/shared`);
    expect((await api.call('GET', `/apis/resource.k8s.io/v1beta1${claims}/shared`)).status).toBe(404);
  });

  it('hold alternatives and devices in the shape of each', async () => {
    const firstAvailable = [{ name: 'big', deviceClassName: 'big.example.com' }];
    const asked = { spec: { devices: { requests: [{ name: 'any', firstAvailable }] } } };
    const claim = await post('resource.k8s.io/v1beta1', 'resourceclaims', 'either', asked);
    expect(claim.body.spec.devices.requests[0]).toMatchObject({ name: 'any', firstAvailable });
    const newer = (await api.call('GET', '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/either')).body;
    expect(newer.spec.devices.requests[0]).toMatchObject({ name: 'any', firstAvailable });
    expect(newer.spec.devices.requests[0]).not.toHaveProperty('exactly');
    await post('resource.k8s.io/v1beta1', 'resourceslices', 'slice');
    const slice = (await api.call('GET', '/apis/resource.k8s.io/v1/resourceslices/slice')).body;
    expect(slice.spec.devices).toEqual([{ name: 'a', capacity: { memory: { value: '1Gi' } } }]);
    const found = await api.call(
      'GET',
      '/apis/resource.k8s.io/v1beta1/resourceslices?fieldSelector=spec.driver%3Dd.com',
    );
    expect(found.body.items).toHaveLength(1);
  });

  it('are refused by the rules of the stored one, in its words', async () => {
    const request = { name: 'gpu', deviceClassName: 'gpu.example.com', count: -1 };
    const refused = await post('resource.k8s.io/v1beta1', 'resourceclaims', 'wrong', {
      spec: { devices: { requests: [request] } },
    });
    expect(refused.body.message).toContain(
      'spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero',
    );
  });

  it('count once against a quota', async () => {
    const name = 'count/resourceclaims.resource.k8s.io';
    const quotas = '/api/v1/namespaces/default/resourcequotas';
    await api.call('POST', quotas, { metadata: { name: 'few' }, spec: { hard: { [name]: '1' } } });
    await api.call(
      'PATCH',
      `${quotas}/few/status`,
      { status: { hard: { [name]: '1' }, used: { [name]: '0' } } },
      MERGE,
    );
    expect((await post('resource.k8s.io/v1beta1', 'resourceclaims', 'one')).status).toBe(201);
    expect((await api.call('GET', `${quotas}/few`)).body.status.used).toEqual({ [name]: '1' });
    const beyond = await post('resource.k8s.io/v1beta2', 'resourceclaims', 'two');
    expect(beyond.body.message).toContain(
      `exceeded quota: few, requested: ${name}=1, used: ${name}=1, limited: ${name}=1`,
    );
    await api.call('DELETE', `${quotas}/few`);
  });
});

/** The first event of a watch over a socket, on the same store. */
// biome-ignore lint/suspicious/noExplicitAny: events carry objects of every kind
async function firstEvent(path: string): Promise<any> {
  const { registry } = api.context.options;
  const server = createApiServer(testOptions(api.store, { registry, metrics: createRegistry('watched') }));
  const { url } = await server.start();
  const stop = new AbortController();
  try {
    const response = await fetch(`${url}${path}`, { signal: stop.signal });
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of defined(response.body ?? undefined, 'the body of a watch')) {
      text += decoder.decode(piece, { stream: true });
      if (text.includes('\n')) break;
    }
    return JSON.parse(text.slice(0, text.indexOf('\n')));
  } finally {
    stop.abort();
    await server.stop();
  }
}

describe('what has no stable version', () => {
  const refusal = async (groupVersion: string, plural: string, name: string, body: object): Promise<string> => {
    const answer = await post(groupVersion, plural, name, body);
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    return answer.body.message as string;
  };
  const bundle = (trustBundle: string, signerName?: string): object => ({
    spec: { trustBundle, ...(signerName === undefined ? {} : { signerName }) },
  });

  it('refuses trust bundles that are named wrongly, or hold what nobody can trust', async () => {
    const { authority } = given;
    const refuse = (name: string, body: object) =>
      refusal('certificates.k8s.io/v1beta1', 'clustertrustbundles', name, body);
    expect(await refuse('mine', bundle(authority, 'example.com/ca'))).toContain(
      'ClusterTrustBundle for signerName example.com/ca must be named with prefix example.com:ca:',
    );
    expect(await refuse('a:b', bundle(authority))).toContain('must not have ":" in its name');
    expect(await refuse('mine', bundle(`${authority}\n${authority}`))).toContain(
      'duplicate trust anchor (indices [0 1])',
    );
    expect(await refuse('mine', bundle('none'))).toContain('at least one trust anchor must be provided');
    expect(await refuse('mine', bundle((await selfSigned()).cert))).toContain('entry 0 does not have the CA bit set');
    const key = authority.replaceAll('CERTIFICATE', 'SECRET');
    expect(await refuse('mine', bundle(key))).toContain('entry 0 has bad block type: SECRET');
  });

  it('keeps the signer of a trust bundle, and finds bundles by it', async () => {
    const path = '/apis/certificates.k8s.io/v1alpha1/clustertrustbundles';
    await post('certificates.k8s.io/v1alpha1', 'clustertrustbundles', 'example.com:ca:x');
    const found = await api.call('GET', `${path}?fieldSelector=spec.signerName%3Dexample.com/ca`);
    expect(found.body.items).toHaveLength(1);
    const moved = await api.call(
      'PATCH',
      `${path}/example.com:ca:x`,
      { spec: { signerName: 'example.com/other' } },
      MERGE,
    );
    expect(moved.body.message).toContain('spec.signerName: Invalid value: "example.com/other": field is immutable');
  });

  it('refuses a pod certificate request without proof, and any change of one or of its answer', async () => {
    const path = '/apis/certificates.k8s.io/v1beta1/namespaces/default/podcertificaterequests';
    const { body } = sampleOf('certificates.k8s.io/v1beta1', 'podcertificaterequests');
    const spec = body['spec'] as object;
    const refuse = (more: object) =>
      refusal('certificates.k8s.io/v1beta1', 'podcertificaterequests', 'p', { spec: { ...spec, ...more } });
    expect(await refuse({ stubPKCS10Request: 'AAAA' })).toContain('spec.stubPKCS10Request: Invalid value');
    expect(await refuse({ maxExpirationSeconds: 60 })).toContain('must be in the range [3600, 7862400]');
    expect(await refuse({ signerName: 'kubernetes.io/x', maxExpirationSeconds: 86_401 })).toContain(
      'must be in the range [3600, 86400]',
    );
    expect(await refuse({ podUID: '' })).toContain('spec.podUID: Invalid value: "": must not be empty');
    const asked = await post('certificates.k8s.io/v1beta1', 'podcertificaterequests', 'p');
    expect(asked.body.spec.maxExpirationSeconds).toBe(86_400);
    const changed = await api.call('PATCH', `${path}/p`, { spec: { podName: 'other' } }, MERGE);
    expect(changed.body.message).toContain('spec: Invalid value');
    const answer = (type: string, more: object = {}): Promise<Answer> =>
      api.call(
        'PATCH',
        `${path}/p/status`,
        {
          status: {
            conditions: [
              { type, status: 'True', reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
            ],
            ...more,
          },
        },
        MERGE,
      );
    expect((await answer('Maybe')).body.message).toContain('supported values: "Denied", "Failed", "Issued"');
    expect((await answer('Issued')).body.message).toContain('status.certificateChain: Invalid value');
    expect((await answer('Denied')).status).toBe(200);
    expect((await answer('Failed')).body.message).toContain('immutable after PodCertificateRequest is issued');
  });

  it.each<[string, string, string, object, string]>([
    [
      'coordination.k8s.io/v1alpha2',
      'leasecandidates',
      'c',
      {
        spec: {
          leaseName: 'l',
          binaryVersion: '1.35.0',
          emulationVersion: '1.36.0',
          strategy: 'OldestEmulationVersion',
        },
      },
      'must be greater than or equal to `emulationVersion`',
    ],
    [
      'coordination.k8s.io/v1beta1',
      'leasecandidates',
      'c',
      { spec: { leaseName: 'l', binaryVersion: 'one', strategy: 'Newest' } },
      'must be a valid semantic version, spec.strategy: Unsupported value: "Newest"',
    ],
    ['internal.apiserver.k8s.io/v1alpha1', 'storageversions', 'pods', {}, 'must be in the form of <group>.<resource>'],
    [
      'resource.k8s.io/v1alpha3',
      'devicetaintrules',
      'r',
      { spec: { taint: { key: 'k', effect: 'Sometimes' } } },
      'spec.taint.effect: Unsupported value: "Sometimes"',
    ],
    [
      'resource.k8s.io/v1alpha3',
      'resourcepoolstatusrequests',
      'r',
      { spec: { driver: 'd.com', limit: 1001 } },
      'spec.limit: Invalid value: 1001: must not exceed 1000',
    ],
    [
      'scheduling.k8s.io/v1alpha2',
      'workloads',
      'w',
      { spec: { podGroupTemplates: [{ name: 'a', schedulingPolicy: { basic: {}, gang: { minCount: 1 } } }] } },
      'exactly one of `basic`, `gang` is required, but multiple fields are set',
    ],
    [
      'scheduling.k8s.io/v1alpha2',
      'podgroups',
      'g',
      { spec: { schedulingPolicy: {} } },
      'spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`',
    ],
    [
      'storagemigration.k8s.io/v1beta1',
      'storageversionmigrations',
      'm',
      { spec: { resource: { group: 'apps', resource: '' } } },
      'spec.resource.resource: Required value: resource is required to be set',
    ],
  ])('refuses in %s %s what Kubernetes refuses', async (groupVersion, plural, name, body, message) => {
    expect(await refusal(groupVersion, plural, name, body)).toContain(message);
  });
});
