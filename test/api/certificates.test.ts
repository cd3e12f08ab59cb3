// Certificate signing requests: who asks is recorded, what is asked never changes, decisions come by approval alone.
import { beforeAll, describe, expect, test } from 'vitest';
import type { CertificateSigningRequest } from '../../src/api/index.ts';
import { certificateRequest, type RequestAlgorithm } from '../support/certificate-request.ts';
import { selfSigned } from '../support/self-signed.ts';
import { cellsOf, statusUpdated } from './cluster-support.ts';
import { created, failure, resource, updated } from './support.ts';

const REQUESTS = resource('certificates.k8s.io', 'certificatesigningrequests');
const APPROVALS = { ...REQUESTS, strategy: { ...REQUESTS.strategy, ...REQUESTS.strategy.approval } };
type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

let pem: string;
let certificate: string;
beforeAll(async () => {
  pem = await certificateRequest('ECDSA');
  certificate = (await selfSigned()).cert;
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function request(spec: object = {}): object {
  return {
    metadata: { name: 'jane' },
    spec: { request: base64(pem), signerName: 'example.com/people', usages: ['client auth'], ...spec },
  };
}

function asked(spec: object = {}): CertificateSigningRequest {
  return created<CertificateSigningRequest>(REQUESTS, request(spec));
}

function with_(conditions: readonly Condition[]): (next: CertificateSigningRequest) => void {
  return (next) => {
    next.status = { ...next.status, conditions: [...conditions] };
  };
}

const condition = (type: string, status = 'True'): Condition => ({ type, status, reason: 'Test' });

describe('asking', () => {
  test('records the caller, whatever the body says, and takes no status along', () => {
    const stored = created<CertificateSigningRequest>(REQUESTS, {
      ...request({
        username: 'root',
        uid: 'x',
        groups: ['system:masters'],
        extra: { a: ['b'] },
        expirationSeconds: 3600,
      }),
      status: { conditions: [condition('Approved')] },
    });
    expect(stored.spec).toMatchObject({
      username: 'jane',
      uid: 'u1',
      groups: ['devs'],
      extra: { scopes: ['a', 'b'] },
      expirationSeconds: 3600,
    });
    expect(stored.status).toEqual({});
    expect(cellsOf(REQUESTS, stored)).toMatchObject({
      SignerName: 'example.com/people',
      Requestor: 'jane',
      RequestedDuration: '60m',
      Condition: 'Pending',
    });
    expect(REQUESTS.strategy.selectableFields?.(stored)).toEqual({ 'spec.signerName': 'example.com/people' });
  });

  test.each<RequestAlgorithm>(['ECDSA', 'ECDSA P-384', 'Ed25519', 'RSA'])(
    'takes requests signed with %s',
    async (algorithm) => {
      const signed = await certificateRequest(algorithm);
      expect(asked({ request: base64(signed) }).spec.request).toBe(base64(signed));
    },
  );

  test('changes nothing that was asked', () => {
    const stored = asked();
    const next = updated(REQUESTS, stored, (object) => {
      object.spec = { ...object.spec, signerName: 'example.com/others', username: 'root' };
      object.status = { conditions: [condition('Approved')] };
      object.metadata = { ...object.metadata, labels: { a: 'b' } };
    });
    expect(next.spec).toEqual(stored.spec);
    expect(next.status).toEqual({});
    expect(next.metadata?.labels).toEqual({ a: 'b' });
  });

  test.each<[string, () => object, string]>([
    ['no PEM', () => ({ request: base64('hello') }), 'PEM block type must be CERTIFICATE REQUEST'],
    ['a certificate', () => ({ request: base64(certificate) }), 'PEM block type must be CERTIFICATE REQUEST'],
    [
      'a request that breaks off',
      () => ({ request: base64(armoured(derOf(pem).subarray(0, 60))) }),
      'spec.request: Invalid value: "',
    ],
    [
      'a forged request',
      () => {
        const der = Buffer.from(derOf(pem));
        const at = der.indexOf('jane');
        der.write('joan', at);
        return { request: base64(armoured(der)) };
      },
      'x509: signature over certificate request is not valid',
    ],
    ['no usages', () => ({ usages: [] }), 'spec.usages: Required value'],
    [
      'an unknown usage',
      () => ({ usages: ['flying'] }),
      'spec.usages[0]: Unsupported value: "flying": supported values: "any", "cert sign"',
    ],
    [
      'a usage twice',
      () => ({ usages: ['client auth', 'client auth'] }),
      'spec.usages[1]: Duplicate value: "client auth"',
    ],
    ['no signer', () => ({ signerName: '' }), 'spec.signerName: Required value'],
    [
      'a signer without path',
      () => ({ signerName: 'example.com' }),
      `spec.signerName: Invalid value: "example.com": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    ],
    [
      'a signer without domain',
      () => ({ signerName: 'example/people' }),
      'spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots',
    ],
    [
      'a signer in capitals',
      () => ({ signerName: 'Example.com/people' }),
      'validating label "Example": a lowercase RFC 1123 label',
    ],
    [
      'the legacy signer',
      () => ({ signerName: 'kubernetes.io/legacy-unknown' }),
      'the legacy signerName is not allowed via this API version',
    ],
    [
      'too little time',
      () => ({ expirationSeconds: 599 }),
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  ])('with %s is refused', (_, spec, message) => {
    expect(failure(() => asked(spec()))).toContain(message);
  });

  test('refuses whatever is not DER without harm', () => {
    const der = derOf(pem);
    for (let at = 0; at < der.length; at++) {
      const damaged = Buffer.from(der);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect(failure(() => asked({ request: base64(armoured(damaged)) }))).toContain('spec.request: Invalid value');
    }
  });
});

function derOf(text: string): Buffer {
  return Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

function armoured(der: Buffer): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
}

describe('deciding', () => {
  test('approval sets conditions with their times, and nothing else', () => {
    const stored = asked();
    const approved = statusUpdated(APPROVALS, stored, (next) => {
      next.spec = { ...next.spec, username: 'root' };
      next.status = { conditions: [condition('Approved')] };
    });
    expect(approved.spec).toEqual(stored.spec);
    expect(approved.status?.conditions).toEqual([
      {
        ...condition('Approved'),
        lastUpdateTime: '2026-01-02T03:04:05Z',
        lastTransitionTime: '2026-01-02T03:04:05Z',
      },
    ]);
    expect(cellsOf(REQUESTS, approved)).toMatchObject({ Condition: 'Approved' });
  });

  test.each<[string, () => unknown, string]>([
    [
      'approving what is denied too',
      () => statusUpdated(APPROVALS, asked(), with_([condition('Approved'), condition('Denied')])),
      'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ],
    [
      'approving by halves',
      () => statusUpdated(APPROVALS, asked(), with_([condition('Approved', 'False')])),
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    ],
    [
      'one condition twice',
      () => statusUpdated(APPROVALS, asked(), with_([condition('X'), condition('X')])),
      'status.conditions[1].type: Duplicate value: "X"',
    ],
    [
      'taking approval back',
      () => statusUpdated(APPROVALS, statusUpdated(APPROVALS, asked(), with_([condition('Approved')])), with_([])),
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ],
    [
      'approving by status',
      () => statusUpdated(REQUESTS, asked(), with_([condition('Approved')])),
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ],
    [
      'forgetting a failure',
      () => statusUpdated(REQUESTS, statusUpdated(REQUESTS, asked(), with_([condition('Failed')])), with_([])),
      'status.conditions: Forbidden: updates may not remove a condition of type "Failed"',
    ],
    [
      'a certificate by approval',
      () =>
        statusUpdated(
          { ...APPROVALS, strategy: { ...APPROVALS.strategy, prepareForStatusUpdate: () => {} } },
          asked(),
          (next) => {
            next.status = { certificate: base64(certificate) };
          },
        ),
      'status.certificate: Forbidden: updates may not set certificate content',
    ],
    [
      'a certificate that is none',
      () =>
        statusUpdated(REQUESTS, asked(), (next) => {
          next.status = { certificate: base64('hello') };
        }),
      'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
    ],
    [
      'a request for a certificate',
      () =>
        statusUpdated(REQUESTS, asked(), (next) => {
          next.status = { certificate: base64(pem) };
        }),
      'only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ],
  ])('%s is refused', (_, act, message) => {
    expect(failure(act)).toContain(message);
  });

  test('the signer sets the certificate once, and decisions that it sends back stay as they were', () => {
    const approved = statusUpdated(APPROVALS, asked(), with_([condition('Approved')]));
    const issued = statusUpdated(REQUESTS, approved, (next) => {
      next.status = {
        certificate: base64(certificate),
        conditions: [{ ...condition('Approved'), message: 'changed' }],
      };
    });
    expect(issued.status?.conditions).toEqual(approved.status?.conditions);
    expect(cellsOf(REQUESTS, issued)).toMatchObject({ Condition: 'Approved,Issued' });
    const again = (): unknown =>
      statusUpdated(REQUESTS, issued, (next) => {
        next.status = { ...next.status, certificate: base64(`${certificate}${certificate}`) };
      });
    expect(failure(again)).toContain(
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    );
  });
});
