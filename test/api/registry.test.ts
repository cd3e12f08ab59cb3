// The registry against the published facts, and the documents made from it: discovery, OpenAPI, tables.
import { describe, expect, test } from 'vitest';
import facts from '../../src/api/facts/resources.json' with { type: 'json' };
import {
  ageOf,
  aggregatedDiscoveryDocument,
  apiGroupListDocument,
  apiResourceListDocument,
  humanDuration,
  type KubeObject,
  openApiV2,
  openApiV2Protobuf,
  openApiV3,
  openApiV3Index,
  parseGroupVersion,
  partialObjectMetadataList,
  tableOf,
} from '../../src/api/index.ts';
import { DEPLOYMENTS, PODS, registry, resource, SERVICES, schema } from './support.ts';

describe('registry', () => {
  test.each(registry.all().map((definition) => [`${definition.group}/${definition.plural}`, definition] as const))(
    '%s is what the published API says',
    (_, definition) => {
      const fact = facts.resources.find(
        ({ group, version, plural }) =>
          group === definition.group && version === definition.version && plural === definition.plural,
      );
      expect(fact).toMatchObject({ kind: definition.kind, namespaced: definition.namespaced });
      expect([...definition.verbs].sort()).toEqual(fact?.verbs);
      const published = (fact?.subresources ?? {}) as Record<string, { kind: string; verbs: string[] }>;
      for (const { name, verbs, kind, group, version } of definition.subresources) {
        expect([...verbs].sort()).toEqual(published[name]?.verbs);
        expect(published[name]?.kind).toBe(group === '' ? `${version}.${kind}` : `${group}/${version}.${kind}`);
      }
      expect(schema.type(definition.schema)?.fields.size).toBeGreaterThan(0);
      expect(registry.findKind(definition.group, definition.version, definition.kind)).toBe(definition);
    },
  );

  test('the core group comes first, and unknown names find nothing', () => {
    expect(registry.groups()[0]).toEqual({ name: '', versions: ['v1'] });
    expect(registry.find('', 'v1', 'widgets')).toBeUndefined();
    expect(registry.find('apps', 'v2', 'deployments')).toBeUndefined();
  });

  test.each([
    ['v1', { group: '', version: 'v1' }],
    ['apps/v1', { group: 'apps', version: 'v1' }],
    ['a/b/c', undefined],
  ])('the group version %s', (text, expected) => {
    expect(parseGroupVersion(text)).toEqual(expected);
  });
});

describe('discovery', () => {
  test('the legacy list names resources and subresources, with a foreign kind where one is spoken', () => {
    const list = apiResourceListDocument(registry, 'apps', 'v1') as { resources: Record<string, unknown>[] };
    const named = (name: string) => list.resources.find((one) => one['name'] === name);
    expect(named('deployments')).toMatchObject({
      singularName: 'deployment',
      namespaced: true,
      kind: 'Deployment',
      shortNames: ['deploy'],
      categories: ['all'],
    });
    expect(named('deployments/scale')).toEqual({
      name: 'deployments/scale',
      singularName: '',
      namespaced: true,
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
      verbs: ['get', 'patch', 'update'],
    });
    expect(apiResourceListDocument(registry, 'apps', 'v9')).toBeUndefined();
  });

  test('both forms name the same resources', () => {
    const aggregated = (['api', 'apis'] as const).flatMap((root) => {
      const document = aggregatedDiscoveryDocument(registry, root, 'v2') as {
        items: { metadata: { name: string }; versions: { version: string; resources: { resource: string }[] }[] }[];
      };
      return document.items.flatMap(({ metadata, versions }) =>
        versions.flatMap(({ version, resources }) =>
          resources.map((one) => `${metadata.name}/${version}/${one.resource}`),
        ),
      );
    });
    expect(aggregated.sort()).toEqual(
      registry
        .all()
        .map(({ group, version, plural }) => `${group}/${version}/${plural}`)
        .sort(),
    );
    expect(JSON.stringify(apiGroupListDocument(registry))).toContain(
      '"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}',
    );
  });
});

describe('OpenAPI', () => {
  test('every reference of every document leads somewhere', async () => {
    const documents: object[] = [await openApiV2(registry, schema, 'v1.36.0')];
    for (const path of Object.keys(openApiV3Index(registry, schema).paths)) {
      const { group, version } = parseGroupVersion(path.replace(/^apis?\//, '')) ?? { group: '', version: '' };
      documents.push((await openApiV3(registry, schema, group, version, 'v1.36.0')) ?? {});
    }
    for (const document of documents) {
      const text = JSON.stringify(document);
      const references = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? ''));
      expect(references.size).toBeGreaterThan(5);
      for (const reference of references) {
        const target = reference
          .split('/')
          .reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], document);
        expect(target, reference).toBeTypeOf('object');
      }
      const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map((match) => match[1]);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test('each patch says its kind and takes fieldValidation: how kubectl finds that servers validate', async () => {
    const document = (await openApiV3(registry, schema, 'apps', 'v1', 'v1.36.0')) as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
    };
    const patch = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.['patch'];
    expect(patch).toMatchObject({
      'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'Deployment' },
    });
    expect(patch?.parameters.map(({ name }) => name)).toContain('fieldValidation');
  });

  test('schemas carry the merge facts', async () => {
    const { definitions } = await openApiV2(registry, schema, 'v1.36.0');
    const spec = definitions['io.k8s.api.core.v1.PodSpec'] as {
      properties: Record<string, object>;
      required: string[];
    };
    expect(spec.required).toEqual(['containers']);
    expect(spec.properties['containers']).toMatchObject({
      type: 'array',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    });
  });

  test('the protobuf form holds every path and definition', async () => {
    const document = await openApiV2(registry, schema, 'v1.36.0');
    const bytes = Buffer.from(openApiV2Protobuf(document));
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0x0a, 3, 0x32, 0x2e, 0x30]));
    for (const name of [...Object.keys(document.paths), ...Object.keys(document.definitions)])
      expect(bytes.includes(name), name).toBe(true);
  });
});

const NOW = Date.UTC(2026, 0, 2);
const options = { version: 'v1', nowMs: NOW, includeObject: 'None', metadata: { resourceVersion: '9' } } as const;

function cells(group: string, plural: string, object: object): Record<string, unknown> {
  const { columnDefinitions, rows } = tableOf(resource(group, plural), [object as KubeObject], options);
  return Object.fromEntries(columnDefinitions.map(({ name }, index) => [name, rows[0]?.cells[index]]));
}

const running = { ready: true, state: { running: {} }, restartCount: 0 };
const spec = { containers: [{ name: 'a' }, { name: 'b' }] };

describe('tables', () => {
  test.each<[string, object, object]>([
    [
      'running',
      {
        spec,
        status: {
          phase: 'Running',
          podIP: '10.0.0.1',
          containerStatuses: [
            { name: 'a', ...running },
            { name: 'b', ...running, ready: false },
          ],
        },
      },
      { Ready: '1/2', Status: 'Running', Restarts: '0', IP: '10.0.0.1', Node: '<none>' },
    ],
    [
      'crashing',
      {
        spec,
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              name: 'a',
              ready: false,
              restartCount: 3,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T23:59:00Z' } },
            },
          ],
        },
      },
      { Status: 'CrashLoopBackOff', Restarts: '3 (60s ago)' },
    ],
    [
      'initialising',
      {
        spec: { ...spec, initContainers: [{ name: 'i' }, { name: 'j' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', restartCount: 0, state: { terminated: { exitCode: 0 } } },
            { name: 'j', restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
          ],
        },
      },
      { Status: 'Init:1/2' },
    ],
    [
      'failing to initialise',
      {
        spec: { ...spec, initContainers: [{ name: 'i' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [{ name: 'i', restartCount: 2, state: { terminated: { exitCode: 3 } } }],
        },
      },
      { Status: 'Init:ExitCode:3' },
    ],
    [
      'done',
      {
        spec,
        status: {
          phase: 'Succeeded',
          containerStatuses: [
            { name: 'a', ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
          ],
        },
      },
      { Status: 'Completed', Ready: '0/2' },
    ],
    [
      'going',
      { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, spec, status: { phase: 'Running' } },
      { Status: 'Terminating' },
    ],
    ['evicted', { spec, status: { phase: 'Failed', reason: 'Evicted' } }, { Status: 'Evicted' }],
  ])('a pod that is %s', (_, pod, expected) => {
    expect(cells('', 'pods', pod)).toMatchObject(expected);
  });

  test.each<[string, string, object, object]>([
    [
      'apps',
      'deployments',
      {
        metadata: { name: 'web', creationTimestamp: '2026-01-01T22:00:00Z' },
        spec: {
          replicas: 3,
          selector: { matchLabels: { a: 'b' } },
          template: { spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
        status: { readyReplicas: 2, updatedReplicas: 3 },
      },
      {
        Name: 'web',
        Ready: '2/3',
        'Up-to-date': 3,
        Available: 0,
        Age: '120m',
        Containers: 'c',
        Images: 'i',
        Selector: 'a=b',
      },
    ],
    [
      '',
      'nodes',
      {
        metadata: { labels: { 'node-role.kubernetes.io/worker': '' } },
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.9' }],
          nodeInfo: { kubeletVersion: 'v1' },
        },
      },
      {
        Status: 'Ready,SchedulingDisabled',
        Roles: 'worker',
        Version: 'v1',
        'Internal-IP': '10.0.0.9',
        'External-IP': '<none>',
      },
    ],
    [
      '',
      'services',
      {
        spec: {
          type: 'NodePort',
          clusterIP: '10.1.1.1',
          ports: [
            { port: 80, nodePort: 30080 },
            { port: 53, protocol: 'UDP' },
          ],
          selector: { a: 'b' },
        },
      },
      {
        Type: 'NodePort',
        'Cluster-IP': '10.1.1.1',
        'External-IP': '<none>',
        'Port(s)': '80:30080/TCP,53/UDP',
        Selector: 'a=b',
      },
    ],
    ['', 'services', { spec: { type: 'LoadBalancer' } }, { 'External-IP': '<pending>', 'Port(s)': '<none>' }],
    [
      '',
      'endpoints',
      {
        subsets: [{ addresses: ['1', '2', '3', '4'].map((last) => ({ ip: `10.0.0.${last}` })), ports: [{ port: 80 }] }],
      },
      { Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...' },
    ],
    [
      'flowcontrol.apiserver.k8s.io',
      'flowschemas',
      {
        spec: { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 2 },
        status: { conditions: [{ type: 'Dangling', status: 'False' }] },
      },
      { PriorityLevel: 'exempt', MatchingPrecedence: 2, DistinguisherMethod: '<none>', MissingPL: 'False' },
    ],
    ['flowcontrol.apiserver.k8s.io', 'flowschemas', { spec: {} }, { MissingPL: '?' }],
    [
      'flowcontrol.apiserver.k8s.io',
      'prioritylevelconfigurations',
      {
        spec: {
          type: 'Limited',
          limited: { nominalConcurrencyShares: 5, limitResponse: { queuing: { queues: 64, handSize: 6 } } },
        },
      },
      { Type: 'Limited', NominalConcurrencyShares: 5, Queues: 64, HandSize: 6, QueueLengthLimit: '<none>' },
    ],
    ['', 'configmaps', { data: { a: '1' }, binaryData: { b: '' } }, { Data: 2 }],
    ['', 'secrets', { type: 'Opaque' }, { Type: 'Opaque', Data: 0 }],
    [
      '',
      'events',
      {
        metadata: {},
        involvedObject: { kind: 'Pod', name: 'web' },
        lastTimestamp: '2026-01-01T23:59:30Z',
        reason: 'Started',
        type: 'Normal',
        message: 'm\n',
      },
      { 'Last Seen': '30s', Object: 'pod/web', Message: 'm', Count: 1 },
    ],
    [
      'events.k8s.io',
      'events',
      { regarding: { kind: 'Node', name: 'n' }, note: 'x' },
      { Object: 'node/n', Message: 'x' },
    ],
    ['coordination.k8s.io', 'leases', { spec: { holderIdentity: 'me' } }, { Holder: 'me' }],
    [
      'discovery.k8s.io',
      'endpointslices',
      { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] },
      { AddressType: 'IPv4', Ports: '80', Endpoints: '10.0.0.1' },
    ],
  ])('%s %s', (group, plural, object, expected) => {
    expect(cells(group, plural, object)).toMatchObject(expected);
  });

  test('rows carry what the request asks for, and later parts of a watch no columns', () => {
    const object: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } };
    const rowObject = (includeObject: 'Metadata' | 'None' | 'Object') =>
      tableOf(PODS, [object], { ...options, includeObject }).rows[0]?.object;
    expect(rowObject('None')).toBeUndefined();
    expect(rowObject('Object')).toBe(object);
    expect(rowObject('Metadata')).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'x' },
    });
    expect(tableOf(SERVICES, [], { ...options, withColumns: false }).columnDefinitions).toEqual([]);
    expect(partialObjectMetadataList([object], { resourceVersion: '1' }).items[0]?.metadata.name).toBe('x');
    expect(tableOf(DEPLOYMENTS, [], options).columnDefinitions[0]).toMatchObject({
      name: 'Name',
      format: 'name',
      priority: 0,
    });
  });

  test.each([
    [-5000, '<invalid>'],
    [0, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [150_000, '2m30s'],
    [600_000, '10m'],
    [179 * 60_000, '179m'],
    [3 * 3_600_000, '3h'],
    [3 * 3_600_000 + 60_000, '3h1m'],
    [8 * 3_600_000, '8h'],
    [49 * 3_600_000, '2d1h'],
    [8 * 86_400_000, '8d'],
    [800 * 86_400_000, '2y70d'],
    [3000 * 86_400_000, '8y'],
  ])('%i ms are %s', (duration, text) => {
    expect(humanDuration(duration)).toBe(text);
  });

  test('an object without a timestamp has an unknown age', () => {
    expect(ageOf(undefined, NOW)).toBe('<unknown>');
  });
});
