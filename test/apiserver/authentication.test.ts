// Who is asking, over TLS: client certificates, static tokens, service-account tokens; and who may ask what unasked.
import { createHash, generateKeyPairSync, type webcrypto } from 'node:crypto';
import { request } from 'node:https';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '../../src/apiserver/index.ts';
import { systemClock } from '../../src/lib/index.ts';
import { createMemoryStore } from '../../src/store/index.ts';
import { PODS, pod, testOptions } from './harness.ts';

interface Identity {
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface Ca extends Identity {
  issue(subject: string): Promise<Identity>;
}

async function makeCa(): Promise<Ca> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const validity = {
    notBefore: new Date(Date.UTC(2020, 0)),
    notAfter: new Date(Date.UTC(2040, 0)),
    signingAlgorithm: ALGORITHM,
  };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test-ca',
    keys,
    extensions: [new x509.BasicConstraintsExtension(true)],
    ...validity,
  });
  const pem = async (key: webcrypto.CryptoKey): Promise<string> =>
    x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
  return {
    cert: ca.toString('pem'),
    key: await pem(keys.privateKey),
    async issue(subject) {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const cert = await x509.X509CertificateGenerator.create({
        subject,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
        ...validity,
      });
      return { cert: cert.toString('pem'), key: await pem(own.privateKey) };
    },
  };
}

let ca: Ca;
let server: ApiServer;
let url: string;
let admin: Identity;

// biome-ignore lint/suspicious/noExplicitAny: answers of every kind
type Reply = { status: number; body: any };

function call(
  method: string,
  path: string,
  options: { identity?: Identity; token?: string; body?: unknown } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
    const sent = request(
      `${url}${path}`,
      { method, headers, agent: false, ca: ca.cert, ...options.identity },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const json = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

async function whoAmI(options: { identity?: Identity; token?: string }): Promise<Reply> {
  return call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { ...options, body: {} });
}

beforeAll(async () => {
  ca = await makeCa();
  admin = await ca.issue('CN=kubernetes-admin, O=system:masters');
  const serving = await ca.issue('CN=apiserver');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const clock = systemClock();
  const store = createMemoryStore({ clock });
  await store.start();
  server = createApiServer(
    testOptions(store, {
      clock,
      tls: { ...serving, clientCa: ca.cert },
      authentication: {
        staticTokens: new Map([['secret', { name: 'joe', uid: '7', groups: ['devs'], extra: {} }]]),
        serviceAccountKeys: [key],
      },
    }),
  );
  ({ url } = await server.start());
  while ((await call('GET', '/api/v1/namespaces/default/endpoints/kubernetes', { identity: admin })).status === 404)
    await new Promise(setImmediate);
});
afterAll(() => server.stop());

describe('authentication', () => {
  it('reads user and groups from a client certificate', async () => {
    const { body } = await whoAmI({ identity: admin });
    expect(body.status.userInfo).toMatchObject({
      username: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
    });
  });

  it('knows the uid that a certificate names, and which certificate it was', async () => {
    const identity = await ca.issue('CN=jane, O=devs, 1.3.6.1.4.1.57683.2=u7');
    const { body } = await whoAmI({ identity });
    const fingerprint = new x509.X509Certificate(identity.cert).rawData;
    const digest = createHash('sha256').update(new Uint8Array(fingerprint)).digest('hex');
    expect(body.status.userInfo).toEqual({
      username: 'jane',
      uid: 'u7',
      groups: ['devs', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${digest}`] },
    });
  });

  it('refuses a certificate of another authority', async () => {
    const stranger = await (await makeCa()).issue('CN=kubernetes-admin, O=system:masters');
    expect((await whoAmI({ identity: stranger })).status).toBe(401);
  });

  it('knows static tokens, and no others', async () => {
    expect((await whoAmI({ token: 'secret' })).body.status.userInfo).toMatchObject({ username: 'joe', uid: '7' });
    expect((await whoAmI({ token: 'wrong' })).status).toBe(401);
  });

  it('answers the anonymous their health and version, and nothing else', async () => {
    for (const path of ['/livez', '/readyz', '/healthz', '/version'])
      expect((await call('GET', path)).status).toBe(200);
    for (const path of ['/api', '/apis', '/metrics', '/api/v1/pods', '/openapi/v2', '/quorate/v1/status', '/x'])
      expect((await call('GET', path)).body).toMatchObject({ code: 401, reason: 'Unauthorized' });
  });
});

describe('service-account tokens', () => {
  const TOKENS = '/api/v1/namespaces/default/serviceaccounts/default/token';

  it('stand for their account and name the pod they are bound to, which takes them along', async () => {
    const created = await call('POST', PODS, { identity: admin, body: pod('p') });
    const reference = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: created.body.metadata.uid };
    const issued = await call('POST', TOKENS, { identity: admin, body: { spec: { boundObjectRef: reference } } });
    expect(issued.status).toBe(201);
    const { token } = issued.body.status;
    const { body } = await whoAmI({ token });
    expect(body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
    expect(body.status.userInfo.extra['authentication.kubernetes.io/pod-name']).toEqual(['p']);
    expect((await whoAmI({ token: `${token}x` })).status).toBe(401);
    const fresh = (await call('POST', TOKENS, { identity: admin, body: { spec: { boundObjectRef: reference } } })).body
      .status.token;
    await call('DELETE', `${PODS}/p`, { identity: admin });
    expect((await whoAmI({ token: fresh })).status).toBe(401);
  });

  it('are not for this API when they are for another audience', async () => {
    const issued = await call('POST', TOKENS, { identity: admin, body: { spec: { audiences: ['vault'] } } });
    expect((await whoAmI({ token: issued.body.status.token })).status).toBe(401);
    const { body } = await call('GET', '/openid/v1/jwks', { identity: admin });
    expect(body.keys[0]).toMatchObject({ kty: 'EC', alg: 'ES256' });
    expect(body.keys[0]).not.toHaveProperty('d');
  });

  it('are not issued for a pod that is another by now', async () => {
    await call('POST', PODS, { identity: admin, body: pod('q') });
    const reference = { kind: 'Pod', apiVersion: 'v1', name: 'q', uid: 'another' };
    expect(
      (await call('POST', TOKENS, { identity: admin, body: { spec: { boundObjectRef: reference } } })).status,
    ).toBe(409);
  });
});
