import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../src/api/decode.ts';
import facts from '../../src/api/facts/protobuf.json' with { type: 'json' };
import { ApiError } from '../../src/api/index.ts';

const MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';
type Fact = readonly [number, string, string?];
const MESSAGES = facts.types as unknown as Record<string, Record<string, Fact>>;

/** A naive encoder straight from the facts: maps, lists and messages by their declared type; no inlining, no zeroes dropped. */
function encode(message: string, value: Record<string, unknown>): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [name, field] of Object.entries(value)) {
    const fact = MESSAGES[message]?.[name];
    if (fact === undefined) throw new Error(`${message} has no field ${name}`);
    const [number, type, repeated] = fact;
    const map = /^map<string,\.?(.+)>$/.exec(type);
    if (map !== null) {
      for (const [key, item] of Object.entries(field as object)) {
        writer.uint32((number << 3) | 2).fork();
        writer.uint32((1 << 3) | 2).string(key);
        write(writer, 2, besides(message, map[1] ?? ''), item);
        writer.ldelim();
      }
    } else
      for (const item of repeated === undefined ? [field] : (field as unknown[])) write(writer, number, type, item);
  }
  return writer.finish();
}

/** Short names of maps' values mean the package of the message they stand in. */
function besides(message: string, type: string): string {
  const beside = `${message.slice(0, message.lastIndexOf('.'))}.${type}`;
  return MESSAGES[beside] === undefined ? type : beside;
}

function write(writer: protobuf.Writer, number: number, type: string, value: unknown): void {
  if (type === 'string') writer.uint32((number << 3) | 2).string(value as string);
  else if (type === 'bytes') writer.uint32((number << 3) | 2).bytes(value as Uint8Array);
  else if (type === 'bool') writer.uint32(number << 3).bool(value as boolean);
  else if (type === 'int32') writer.uint32(number << 3).int32(value as number);
  else if (type === 'int64') writer.uint32(number << 3).int64(value as number);
  else writer.uint32((number << 3) | 2).bytes(encode(type, value as Record<string, unknown>));
}

function body(apiVersion: string, kind: string, message: string, value: Record<string, unknown>): Uint8Array {
  const unknown = encode('k8s.io.apimachinery.pkg.runtime.Unknown', {
    typeMeta: { apiVersion, kind },
    raw: encode(message, value),
  });
  return Buffer.concat([Buffer.from('k8s\0'), unknown]);
}

describe('a body in protobuf', () => {
  it('becomes the JSON that Kubernetes would write, with embedded messages flat and special forms as text', () => {
    const pod = body('v1', 'Pod', 'k8s.io.api.core.v1.Pod', {
      metadata: { name: 'web', namespace: '', labels: { app: 'web' }, creationTimestamp: {}, generation: 0 },
      spec: {
        volumes: [{ name: 'data', volumeSource: { emptyDir: { medium: 'Memory', sizeLimit: { string: '1Gi' } } } }],
        containers: [
          {
            name: 'main',
            image: 'busybox',
            ports: [{ containerPort: 80, hostPort: 0 }],
            resources: { limits: { cpu: { string: '500m' } } },
            livenessProbe: {
              handler: { httpGet: { path: '/', port: { type: 0, intVal: 8080, strVal: '' } } },
              timeoutSeconds: 0,
            },
            readinessProbe: { handler: { tcpSocket: { port: { type: 1, intVal: 0, strVal: 'http' } } } },
          },
        ],
        terminationGracePeriodSeconds: 0,
      },
      status: {},
    });
    expect(decodeBody(pod, MEDIA_TYPE).value).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        volumes: [{ name: 'data', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } }],
        containers: [
          {
            name: 'main',
            image: 'busybox',
            ports: [{ containerPort: 80 }],
            resources: { limits: { cpu: '500m' } },
            livenessProbe: { httpGet: { path: '/', port: 8080 } },
            readinessProbe: { tcpSocket: { port: 'http' } },
          },
        ],
        terminationGracePeriodSeconds: 0,
      },
      status: {},
    });
  });

  it('keeps the zeroes that mean something, and drops those that mean "not set"', () => {
    const deployment = body('apps/v1', 'Deployment', 'k8s.io.api.apps.v1.Deployment', {
      spec: {
        replicas: 0,
        minReadySeconds: 0,
        paused: false,
        strategy: { rollingUpdate: { maxSurge: { type: 0, intVal: 0 } } },
      },
    });
    expect(decodeBody(deployment, MEDIA_TYPE).value).toMatchObject({
      spec: { replicas: 0, strategy: { rollingUpdate: { maxSurge: 0 } } },
    });
    expect(decodeBody(deployment, MEDIA_TYPE).value).not.toHaveProperty('spec.minReadySeconds');
  });

  it('has bytes as base64, and times with the precision of their kind', () => {
    const secret = body('v1', 'Secret', 'k8s.io.api.core.v1.Secret', { data: { key: Buffer.from('value') } });
    expect(decodeBody(secret, MEDIA_TYPE).value).toMatchObject({ data: { key: 'dmFsdWU=' } });
    const lease = body('coordination.k8s.io/v1', 'Lease', 'k8s.io.api.coordination.v1.Lease', {
      metadata: { creationTimestamp: { seconds: 1_700_000_000 } },
      spec: { renewTime: { seconds: 1_700_000_000, nanos: 123_456_000 } },
    });
    expect(decodeBody(lease, MEDIA_TYPE).value).toMatchObject({
      metadata: { creationTimestamp: '2023-11-14T22:13:20Z' },
      spec: { renewTime: '2023-11-14T22:13:20.123456Z' },
    });
  });

  it('has the lists of a map as lists, and each value of an attribute, zero or not', () => {
    const request = body(
      'certificates.k8s.io/v1',
      'CertificateSigningRequest',
      'k8s.io.api.certificates.v1.CertificateSigningRequest',
      {
        spec: { request: Buffer.from('pem'), extra: { scopes: { items: ['a', 'b'] }, none: {} } },
      },
    );
    expect(decodeBody(request, MEDIA_TYPE).value).toMatchObject({
      spec: { request: 'cGVt', extra: { scopes: ['a', 'b'], none: [] } },
    });
    const slice = body('resource.k8s.io/v1', 'ResourceSlice', 'k8s.io.api.resource.v1.ResourceSlice', {
      spec: {
        devices: [{ name: 'a', attributes: { cores: { int: 0 }, shared: { bool: false }, model: { string: '' } } }],
      },
    });
    expect(decodeBody(slice, MEDIA_TYPE).value).toMatchObject({
      spec: { devices: [{ attributes: { cores: { int: 0 }, shared: { bool: false }, model: { string: '' } } }] },
    });
    const policy = body('networking.k8s.io/v1', 'NetworkPolicy', 'k8s.io.api.networking.v1.NetworkPolicy', {
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
    });
    expect(decodeBody(policy, MEDIA_TYPE).value).toMatchObject({
      spec: { ingress: [{ from: [{ podSelector: {} }] }] },
    });
  });

  it('understands DeleteOptions in any group', () => {
    const options = body('apps/v1', 'DeleteOptions', 'k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions', {
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
    });
    expect(decodeBody(options, MEDIA_TYPE).value).toMatchObject({
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
    });
  });

  it('is refused with 400 when it is cut anywhere, lacks its prefix or names no kind', () => {
    const whole = body('v1', 'Pod', 'k8s.io.api.core.v1.Pod', {
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'main' }] },
    });
    for (let length = 0; length < whole.length; length += 1) {
      try {
        decodeBody(whole.subarray(0, length), MEDIA_TYPE);
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError);
        expect((error as ApiError).status.code).toBe(400);
      }
    }
    expect(() => decodeBody(Buffer.from('{}'), MEDIA_TYPE)).toThrow(/prefix/);
    expect(() => decodeBody(body('v1', 'Nothing', 'k8s.io.api.core.v1.Pod', {}), MEDIA_TYPE)).toThrow(
      /no kind "Nothing"/,
    );
  });
});
