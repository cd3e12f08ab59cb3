// The schema: what is dropped, refused, rewritten and set. Error texts are those a Kubernetes user knows.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cloneJson, type JsonObject } from '../../src/api/index.ts';
import { failure, schema } from './support.ts';

const POD = 'io.k8s.api.core.v1.Pod';

function normalized(value: JsonObject, type = POD): { value: JsonObject; unknown: readonly string[] } {
  const copy = cloneJson(value);
  return { unknown: schema.normalize(type, copy), value: copy };
}

describe('normalising', () => {
  test('unknown fields are removed and reported with their paths', () => {
    const { value, unknown } = normalized({
      spec: { foo: 1, containers: [{ name: 'a' }, { name: 'b', bar: { x: 1 } }] },
      zoo: [],
    });
    expect(unknown).toEqual(['spec.foo', 'spec.containers[1].bar', 'zoo']);
    expect(value).toEqual({ spec: { containers: [{ name: 'a' }, { name: 'b' }] } });
  });

  test('nulls are absence in objects and zero values in lists and maps', () => {
    const { value } = normalized({
      metadata: { creationTimestamp: null, labels: { a: null } },
      spec: { containers: [null], nodeSelector: null },
    });
    expect(value).toEqual({ metadata: { labels: { a: '' } }, spec: { containers: [{}] } });
  });

  test('empty optional lists and maps are absence, empty objects are not', () => {
    const { value } = normalized({
      metadata: { labels: {}, finalizers: [] },
      spec: { containers: [], volumes: [{ name: 'v', emptyDir: {} }], nodeSelector: {} },
    });
    expect(value).toEqual({ metadata: {}, spec: { containers: [], volumes: [{ name: 'v', emptyDir: {} }] } });
  });

  test('keys of maps are data, even when they look like fields of objects', () => {
    const labels = { constructor: 'a', toString: 'b', hasOwnProperty: 'c' };
    expect(normalized({ metadata: { labels } }).value).toEqual({ metadata: { labels } });
  });

  test.each<[JsonObject, string]>([
    [{ spec: 'x' }, 'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec'],
    [
      { spec: { containers: {} } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      { spec: { containers: [{ name: 5 }] } },
      'json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string',
    ],
    [
      { spec: { hostNetwork: 'yes' } },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      { spec: { priority: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      { spec: { priority: 2_147_483_648 } },
      'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      { metadata: { labels: { a: true } } },
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels.a of type string',
    ],
    [
      { metadata: { labels: [] } },
      'json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [
      { metadata: { creationTimestamp: 'soon' } },
      'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
    ],
    [{ spec: { overhead: { cpu: '1x' } } }, 'quantities must match the regular expression'],
  ])('%j is refused', (value, message) => {
    expect(failure(() => normalized(value))).toContain(message);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    [
      'a quantity',
      { spec: { overhead: { cpu: '1000m', memory: '1024Ki', 'x/y': 2 } } },
      { spec: { overhead: { cpu: '1', memory: '1Mi', 'x/y': '2' } } },
      POD,
    ],
    [
      'a time with an offset',
      { metadata: { creationTimestamp: '2026-01-02T05:04:05.9+02:00' } },
      { metadata: { creationTimestamp: '2026-01-02T03:04:05Z' } },
      POD,
    ],
    [
      'a time in microseconds',
      { spec: { renewTime: '2026-01-02T03:04:05.1234567Z' } },
      { spec: { renewTime: '2026-01-02T03:04:05.123456Z' } },
      'io.k8s.api.coordination.v1.Lease',
    ],
    ['bytes with line ends', { data: { a: 'aGVs\nbG8=' } }, { data: { a: 'aGVsbG8=' } }, 'io.k8s.api.core.v1.Secret'],
    [
      'a number or a text',
      {
        spec: {
          ports: [
            { port: 1, targetPort: 'http' },
            { port: 2, targetPort: 8 },
          ],
        },
      },
      {
        spec: {
          ports: [
            { port: 1, targetPort: 'http' },
            { port: 2, targetPort: 8 },
          ],
        },
      },
      'io.k8s.api.core.v1.Service',
    ],
  ])('%s is written in its canonical form', (_, value, expected, type) => {
    expect(normalized(value, type).value).toEqual(expected);
  });

  test('dates that do not exist and bad base64 are refused', () => {
    const day = (creationTimestamp: string) => () => normalized({ metadata: { creationTimestamp } });
    for (const text of ['2026-02-31T00:00:00Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z'])
      expect(failure(day(text))).toContain('parsing time');
    for (const text of ['2024-02-29T23:59:59Z', '2026-12-31T00:00:00Z']) expect(day(text)().value).toBeDefined();
    expect(failure(() => normalized({ data: { a: 'a*b=' } }, 'io.k8s.api.core.v1.Secret'))).toBe(
      'illegal base64 data at input byte 1',
    );
  });

  test('any JSON is either refused or becomes something that normalises to itself', () => {
    const keys = fc.constantFrom('metadata', 'spec', 'status', 'name', 'labels', 'containers', 'image', 'ports', 'x');
    const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('a', 1, null, true),
        fc.dictionary(keys, tie('value')),
        fc.array(tie('value'), { maxLength: 2 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(keys, anything), (value) => {
        const copy = JSON.parse(JSON.stringify(value)) as JsonObject;
        try {
          schema.normalize(POD, copy);
        } catch (error) {
          expect((error as Error).name).toBe('SchemaError');
          return;
        }
        const again = normalized(copy);
        expect(again).toEqual({ value: copy, unknown: [] });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('defaults', () => {
  test('a pod gets the defaults of its spec, containers, ports, probes and volumes', () => {
    const pod: JsonObject = {
      spec: {
        containers: [{ name: 'a', image: 'x', ports: [{ containerPort: 1 }], livenessProbe: { httpGet: { port: 1 } } }],
        volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 's' } }],
      },
    };
    schema.applyDefaults(POD, pod);
    expect(pod).toEqual({
      spec: {
        containers: [
          {
            name: 'a',
            image: 'x',
            imagePullPolicy: 'Always',
            resources: {},
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            ports: [{ containerPort: 1, protocol: 'TCP' }],
            livenessProbe: {
              httpGet: { port: 1, path: '/', scheme: 'HTTP' },
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
          },
        ],
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 's', secret: { secretName: 's', defaultMode: 420 } },
        ],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
      },
    });
  });

  test.each([
    ['busybox', 'Always'],
    ['busybox:latest', 'Always'],
    ['busybox:1.35', 'IfNotPresent'],
    ['localhost:5000/busybox', 'Always'],
    ['localhost:5000/busybox:1', 'IfNotPresent'],
    ['busybox@sha256:0123', 'IfNotPresent'],
  ])('the image %s is pulled %s', (image, policy) => {
    const pod: JsonObject = { spec: { containers: [{ image }] } };
    schema.applyDefaults(POD, pod);
    expect(pod).toMatchObject({ spec: { containers: [{ imagePullPolicy: policy }] } });
  });

  test('setting defaults twice changes nothing, and no two objects share one', () => {
    const one: JsonObject = { spec: { containers: [{ image: 'a' }] } };
    const two: JsonObject = { spec: {} };
    schema.applyDefaults(POD, one);
    const before = cloneJson(one);
    schema.applyDefaults(POD, one);
    schema.applyDefaults(POD, two);
    expect(one).toEqual(before);
    expect((one['spec'] as JsonObject)['securityContext']).not.toBe((two['spec'] as JsonObject)['securityContext']);
  });
});

test('required fields are found at any depth, but not in a status', () => {
  const pod: JsonObject = {
    metadata: { ownerReferences: [{ name: 'x', uid: 'y' }] },
    spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } } },
    status: { conditions: [{}] },
  };
  expect(schema.missing(POD, pod).map(({ field }) => field)).toEqual([
    'metadata.ownerReferences[0].apiVersion',
    'metadata.ownerReferences[0].kind',
    'spec.containers',
    'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey',
  ]);
});
