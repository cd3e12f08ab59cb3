// Who owns what after creates and updates: what a write changes, in each kind of field.
import { describe, expect, test } from 'vitest';
import type { Json, KubeObject } from '../../../src/api/index.ts';
import { created, object, owners, updated } from './support.ts';

const metadata = { name: 'web', namespace: 'default' };

function pod(spec: Readonly<Record<string, Json>>, more: Readonly<Record<string, Json>> = {}): KubeObject {
  return object({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, ...more }, spec: { ...spec } });
}

function configMap(data: Readonly<Record<string, Json>>, labels?: Readonly<Record<string, Json>>): KubeObject {
  return object({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, ...(labels === undefined ? {} : { labels: { ...labels } }) },
    data: { ...data },
  });
}

/** What `b` owns once it has changed `before`, which `a` created, into `after`; and what is left to `a`. */
function takenBy(before: KubeObject, after: KubeObject): { readonly a: unknown; readonly b: unknown } {
  const live = created(before, { manager: 'a' });
  const one = owners(updated(live, after, { manager: 'b' }));
  return { a: one['a Update v1 00:00'], b: one['b Update v1 00:00'] };
}

describe('a create', () => {
  test('owns what it sets, and the maps and lists that come with it', () => {
    expect(owners(created(configMap({ a: '1' }, { app: 'web' })))).toEqual({
      'kubectl Update v1 00:00': {
        'f:data': { '.': {}, 'f:a': {} },
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      },
    });
  });

  test('owns the fields of a pod as Kubernetes shows them', () => {
    const spec = {
      containers: [
        {
          name: 'main',
          image: 'busybox',
          resources: {},
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          livenessProbe: { httpGet: { path: '/', port: 80 } },
          env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          command: ['sh'],
        },
      ],
      nodeSelector: { zone: 'a' },
      restartPolicy: 'Always',
      securityContext: {},
      tolerations: [{ key: 'x' }],
    };
    const port = { '.': {}, 'f:containerPort': {}, 'f:protocol': {} };
    expect(owners(created(pod(spec)))).toEqual({
      'kubectl Update v1 00:00': {
        'f:spec': {
          'f:containers': {
            'k:{"name":"main"}': {
              '.': {},
              'f:command': {},
              'f:env': {
                '.': {},
                'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:valueFrom': { '.': {}, 'f:fieldRef': {} } },
              },
              'f:image': {},
              'f:livenessProbe': { '.': {}, 'f:httpGet': { '.': {}, 'f:path': {}, 'f:port': {} } },
              'f:name': {},
              'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': port },
              'f:resources': {},
            },
          },
          'f:nodeSelector': {},
          'f:restartPolicy': {},
          'f:securityContext': {},
          'f:tolerations': {},
        },
      },
    });
  });

  test('owns nothing of what identifies the object', () => {
    const system = {
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      selfLink: '/',
    };
    expect(
      created(object({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, ...system } })).metadata,
    ).toEqual({
      ...metadata,
      ...system,
    });
  });

  test('owns the rest of its metadata', () => {
    const more = {
      generateName: 'web-',
      finalizers: ['example.com/b', 'example.com/a'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
    };
    expect(
      owners(created(object({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, ...more } }))),
    ).toEqual({
      'kubectl Update v1 00:00': {
        'f:metadata': {
          'f:finalizers': { '.': {}, 'v:"example.com/a"': {}, 'v:"example.com/b"': {} },
          'f:generateName': {},
          'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} },
        },
      },
    });
  });

  test('owns no status: the object’s own path resets it', () => {
    const one = object({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { hostname: 'h' },
      status: { phase: 'Pending' },
    });
    expect(owners(created(one))).toEqual({ 'kubectl Update v1 00:00': { 'f:spec': { 'f:hostname': {} } } });
  });

  test('takes a key that is left out for its default', () => {
    const live = created(pod({ containers: [{ name: 'm', ports: [{ containerPort: 80 }] }] }), { manager: 'a' });
    const after = pod({ containers: [{ name: 'm', ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }] }] });
    expect(owners(updated(live, after, { manager: 'b' }))['b Update v1 00:00']).toEqual({
      'f:spec': {
        'f:containers': {
          'k:{"name":"m"}': {
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { 'f:name': {}, 'f:protocol': {} } },
          },
        },
      },
    });
  });
});

describe('an update', () => {
  test('takes a field that it changes, and leaves the others', () => {
    expect(takenBy(configMap({ a: '1', b: '1' }), configMap({ a: '2', b: '1' }))).toEqual({
      a: { 'f:data': { '.': {}, 'f:b': {} } },
      b: { 'f:data': { 'f:a': {} } },
    });
  });

  test('owns a field that it adds, not the map around it', () => {
    expect(takenBy(configMap({ a: '1' }), configMap({ a: '1', b: '1' })).b).toEqual({ 'f:data': { 'f:b': {} } });
  });

  test('that removes a field leaves it to nobody', () => {
    expect(takenBy(configMap({ a: '1', b: '1' }), configMap({ a: '1' }))).toEqual({
      a: { 'f:data': { '.': {}, 'f:a': {} } },
      b: undefined,
    });
  });

  test('that removes everything of a manager ends its entry', () => {
    const live = created(configMap({ a: '1' }), { manager: 'a' });
    const after = object({ apiVersion: 'v1', kind: 'ConfigMap', metadata, immutable: true });
    expect(owners(updated(live, after, { manager: 'b' }))).toEqual({ 'b Update v1 00:00': { 'f:immutable': {} } });
  });

  test('that adds an item to a list owns all of the item', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b', image: 'i' }];
    expect(takenBy(pod({ containers: [a] }), pod({ containers: [a, b] })).b).toEqual({
      'f:spec': {
        'f:containers': { 'k:{"name":"b"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } },
      },
    });
  });

  test('that removes an item leaves nothing of it to its owner', () => {
    const [a, b] = [
      { name: 'a', resources: {} },
      { name: 'b', resources: {} },
    ];
    expect(takenBy(pod({ containers: [a, b] }), pod({ containers: [b] }))).toEqual({
      a: { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': { '.': {}, 'f:name': {}, 'f:resources': {} } } } },
      b: undefined,
    });
  });

  test('that reorders a list with keys changes nobody’s fields', () => {
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    expect(takenBy(pod({ containers: [a, b] }), pod({ containers: [b, a] })).b).toBeUndefined();
  });

  test('finds its items in a long list that was reordered', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ name: `c${i}`, image: 'i' }));
    const changed = many.toReversed().map((one) => (one.name === 'c7' ? { ...one, image: 'j' } : one));
    expect(takenBy(pod({ containers: many }), pod({ containers: changed })).b).toEqual({
      'f:spec': { 'f:containers': { 'k:{"name":"c7"}': { 'f:image': {} } } },
    });
  });

  test.each([
    ['an atomic list', { tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }, 'f:tolerations'],
    ['an atomic map', { nodeSelector: { a: '1' } }, { nodeSelector: { a: '1', b: '2' } }, 'f:nodeSelector'],
  ])('takes %s as a whole', (_what, before, after, element) => {
    expect(takenBy(pod(before), pod(after))).toEqual({ a: undefined, b: { 'f:spec': { [element]: {} } } });
  });

  test('takes a value out of a set, and adds another', () => {
    const before = configMap({});
    const set = (finalizers: string[]): KubeObject =>
      object({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, finalizers } });
    expect(takenBy(set(['e/a', 'e/b']), set(['e/b', 'e/c']))).toEqual({
      a: { 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"e/b"': {} } } },
      b: { 'f:metadata': { 'f:finalizers': { 'v:"e/c"': {} } } },
    });
    expect(takenBy(before, set(['e/a'])).b).toEqual({ 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"e/a"': {} } } });
  });

  test('is told by the content of maps, whatever their keys are called', () => {
    expect(takenBy(configMap({ constructor: '1' }), configMap({ constructor: '1', toString: '2' })).b).toEqual({
      'f:data': { 'f:toString': {} },
    });
  });

  test('owns an empty struct that it adds', () => {
    const before = pod({ hostname: 'h' });
    expect(takenBy(before, pod({ hostname: 'h', dnsConfig: {} })).b).toEqual({ 'f:spec': { 'f:dnsConfig': {} } });
  });
});

describe('items that nothing tells apart', () => {
  const port = (name: string): Json => ({ port: 53, protocol: 'TCP', name });
  const service = (...ports: Json[]): KubeObject =>
    object({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } });
  const element = 'k:{"port":53,"protocol":"TCP"}';
  const whole = { '.': {}, 'f:name': {}, 'f:port': {}, 'f:protocol': {} };

  test('are owned as one', () => {
    expect(owners(created(service(port('a'), port('b'))))).toEqual({
      'kubectl Update v1 00:00': { 'f:spec': { 'f:ports': { '.': {}, [element]: {} } } },
    });
  });

  test('are taken as one by whoever changes one of them', () => {
    expect(takenBy(service(port('a'), port('b')), service(port('a'), port('c')))).toEqual({
      a: { 'f:spec': { 'f:ports': {} } },
      b: { 'f:spec': { 'f:ports': { [element]: {} } } },
    });
  });

  test('stay their owner’s as long as they are the same', () => {
    expect(takenBy(service(port('a'), port('b')), service(port('a'), port('b'))).b).toBeUndefined();
  });

  test('become one item with fields again, of who removes the others', () => {
    expect(takenBy(service(port('a'), port('b')), service(port('a'))).b).toEqual({
      'f:spec': { 'f:ports': { [element]: whole } },
    });
  });

  test('become owned as one by who adds the second', () => {
    expect(takenBy(service(port('a')), service(port('a'), port('b')))).toEqual({
      a: { 'f:spec': { 'f:ports': {} } },
      b: { 'f:spec': { 'f:ports': { [element]: {} } } },
    });
  });
});

describe('a subresource', () => {
  const live = (): KubeObject => created(pod({ hostname: 'h' }), { manager: 'a' });

  test('is an entry of its own', () => {
    const after = object({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { hostname: 'h' },
      status: { phase: 'Running' },
    });
    expect(owners(updated(live(), after, { manager: 'a', subresource: 'status' }))).toEqual({
      'a Update v1 00:00': { 'f:spec': { 'f:hostname': {} } },
      'a Update v1 status 00:00': { 'f:status': { 'f:phase': {} } },
    });
  });

  test('status owns neither spec nor what the kind’s status resets', () => {
    const references = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }];
    const after = object({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, ownerReferences: references, labels: { a: 'b' } },
      spec: { hostname: 'other' },
      status: { phase: 'Running' },
    });
    expect(owners(updated(live(), after, { manager: 'b', subresource: 'status' }))).toEqual({
      'a Update v1 00:00': { 'f:spec': { 'f:hostname': {} } },
      'b Update v1 status 00:00': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
        'f:status': { 'f:phase': {} },
      },
    });
  });

  test('resize owns nothing but resources', () => {
    const before = created(pod({ containers: [{ name: 'm', image: 'a', resources: {} }] }), { manager: 'a' });
    const after = pod({ containers: [{ name: 'm', image: 'b', resources: { limits: { cpu: '1' } } }] });
    expect(owners(updated(before, after, { manager: 'b', subresource: 'resize' }))['b Update v1 resize 00:00']).toEqual(
      {
        'f:spec': {
          'f:containers': { 'k:{"name":"m"}': { 'f:resources': { 'f:limits': { '.': {}, 'f:cpu': {} } } } },
        },
      },
    );
  });

  test('scale is owned in the version of what is scaled', () => {
    const deployment = (replicas: number): KubeObject =>
      object({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas } });
    const scaled = updated(created(deployment(1), { manager: 'a' }), deployment(3), {
      manager: 'hpa',
      subresource: 'scale',
      apiVersion: 'autoscaling/v1',
    });
    expect(owners(scaled)).toEqual({ 'hpa Update apps/v1 scale 00:00': { 'f:spec': { 'f:replicas': {} } } });
  });
});
