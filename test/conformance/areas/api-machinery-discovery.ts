// Discovery and field validation: api-machinery behaviours 014, 025 to 055, 083 and 093.
import { expect } from 'vitest';
import { behaviour } from '../behaviour.ts';

interface GroupList {
  readonly groups: readonly {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string; readonly version: string }[];
    readonly preferredVersion: { readonly groupVersion: string };
  }[];
}

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly verbs: readonly string[] }[];
}

interface Aggregated {
  readonly kind: string;
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly { readonly resource: string; readonly responseKind: { readonly kind: string } }[];
    }[];
  }[];
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Groups that every cluster has, with a resource of each. */
const BUILT_IN: readonly (readonly [string, string, string])[] = [
  ['apps', 'v1', 'deployments'],
  ['events.k8s.io', 'v1', 'events'],
  ['authentication.k8s.io', 'v1', 'tokenreviews'],
  ['authorization.k8s.io', 'v1', 'subjectaccessreviews'],
  ['autoscaling', 'v2', 'horizontalpodautoscalers'],
  ['batch', 'v1', 'jobs'],
  ['certificates.k8s.io', 'v1', 'certificatesigningrequests'],
  ['networking.k8s.io', 'v1', 'ingresses'],
  ['policy', 'v1', 'poddisruptionbudgets'],
  ['rbac.authorization.k8s.io', 'v1', 'clusterroles'],
  ['storage.k8s.io', 'v1', 'storageclasses'],
  ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations'],
  ['scheduling.k8s.io', 'v1', 'priorityclasses'],
  ['coordination.k8s.io', 'v1', 'leases'],
  ['node.k8s.io', 'v1', 'runtimeclasses'],
  ['discovery.k8s.io', 'v1', 'endpointslices'],
  ['flowcontrol.apiserver.k8s.io', 'v1', 'flowschemas'],
];

behaviour('CB-014', async ({ raw }) => {
  const groups = await raw.ok<GroupList>('GET', '/apis');
  const group = groups.groups.find(({ name }) => name === 'admissionregistration.k8s.io');
  expect(group?.versions.map(({ version }) => version)).toContain('v1');
  const alone = await raw.ok<GroupList['groups'][number]>('GET', '/apis/admissionregistration.k8s.io');
  expect(alone.versions.map(({ groupVersion }) => groupVersion)).toContain('admissionregistration.k8s.io/v1');
  const list = await raw.ok<ResourceList>('GET', '/apis/admissionregistration.k8s.io/v1');
  const names = list.resources.map(({ name }) => name);
  expect(names).toContain('mutatingwebhookconfigurations');
  expect(names).toContain('validatingwebhookconfigurations');
});

behaviour('CB-025', async ({ raw }) => {
  const core = await raw.ok<Aggregated>('GET', '/api', { accept: AGGREGATED });
  expect(core.items[0]?.versions[0]?.resources.map(({ resource }) => resource)).toContain('pods');
  const apis = await raw.ok<Aggregated>('GET', '/apis', { accept: AGGREGATED });
  for (const [group, version, resource] of BUILT_IN) {
    const found = apis.items
      .find(({ metadata }) => metadata.name === group)
      ?.versions.find((each) => each.version === version);
    expect(
      found?.resources.map((each) => each.resource),
      `${group}/${version}`,
    ).toContain(resource);
  }
});

behaviour('CB-027', async ({ raw }) => {
  for (const path of ['/api', '/apis']) {
    const aggregated = await raw.send('GET', path, { accept: `${AGGREGATED},application/json` });
    expect(aggregated.headers['content-type']).toContain('as=APIGroupDiscoveryList');
    expect(aggregated.body.kind).toBe('APIGroupDiscoveryList');
    const plain = await raw.send('GET', path);
    expect(plain.headers['content-type']).toBe('application/json');
    expect(plain.body.kind).toBe(path === '/api' ? 'APIVersions' : 'APIGroupList');
    const again = await raw.send('GET', path, {
      accept: `${AGGREGATED},application/json`,
      headers: { 'if-none-match': String(aggregated.headers['etag']) },
    });
    expect(again.status).toBe(304);
  }
});

behaviour('CB-047', async ({ raw }) => {
  const { groups } = await raw.ok<GroupList>('GET', '/apis');
  expect(groups.length).toBeGreaterThan(5);
  for (const { versions } of groups)
    for (const { groupVersion } of versions) {
      const list = await raw.ok<ResourceList>('GET', `/apis/${groupVersion}`);
      expect(list.groupVersion).toBe(groupVersion);
      expect(list.resources.length).toBeGreaterThan(0);
      for (const { name, kind, verbs } of list.resources) {
        expect(name).toMatch(/^[a-z]+(\/[a-z]+)?$/);
        expect(kind).toMatch(/^[A-Z]/);
        expect(verbs.length).toBeGreaterThan(0);
      }
    }
});

behaviour('CB-048', async ({ raw }) => {
  const { groups } = await raw.ok<GroupList>('GET', '/apis');
  for (const { name, versions, preferredVersion } of groups) {
    expect(preferredVersion.groupVersion).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')}/v`));
    expect(versions.map(({ groupVersion }) => groupVersion)).toContain(preferredVersion.groupVersion);
  }
});

const DEPLOYMENT = `{
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": { "name": "strict" METADATA },
  "spec": {
    "selector": { "matchLabels": { "app": "strict" } },
    "template": {
      "metadata": { "labels": { "app": "strict" } },
      "spec": { "containers": [{ "name": "web", "image": "busybox:1.35" }] }
    } SPEC
  }
}`;
const deployment = (metadata: string, spec: string): string =>
  DEPLOYMENT.replace('METADATA', metadata).replace('SPEC', spec);

behaviour('CB-053', async ({ raw, namespace }) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments?fieldValidation=Strict`;
  const unknown = await raw.send('POST', path, { body: deployment('', ', "unknownField": 1') });
  expect(unknown.status).toBe(400);
  expect(unknown.body.message).toContain('strict decoding error: unknown field "spec.unknownField"');
  const duplicate = await raw.send('POST', path, { body: deployment('', ', "paused": true, "paused": true') });
  expect(duplicate.status).toBe(400);
  expect(duplicate.body.message).toContain('strict decoding error: duplicate field "spec.paused"');
  const both = await raw.send('POST', path, {
    body: deployment('', ', "unknownField": 1, "paused": true, "paused": true'),
  });
  expect(both.status).toBe(400);
  expect((await raw.send('POST', path, { body: deployment('', '') })).status).toBe(201);
});

behaviour('CB-055', async ({ raw, namespace }) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments?fieldValidation=Strict`;
  const refused = await raw.send('POST', path, { body: deployment(', "unknownMeta": "x"', '') });
  expect(refused.status).toBe(400);
  expect(refused.body.message).toContain('unknown field "metadata.unknownMeta"');
  const patch = '{"metadata":{"anotherUnknown":"x"}}';
  expect((await raw.send('POST', path, { body: deployment('', '') })).status).toBe(201);
  const patched = await raw.send('PATCH', path.replace('?', '/strict?'), { body: patch });
  expect(patched.status).toBe(422);
  expect(patched.body.message).toContain('unknown field "metadata.anotherUnknown"');
});

behaviour('CB-093', async ({ raw }) => {
  const version = await raw.ok<{ major: string; minor: string; gitVersion: string }>('GET', '/version');
  expect(version.major).toMatch(/^\d+$/);
  expect(version.minor).toMatch(/^\d+$/);
  expect(version.gitVersion).toMatch(new RegExp(`^v${version.major}\\.${version.minor}\\.\\d+\\+quorate`));
});
