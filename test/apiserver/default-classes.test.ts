// What a new object gets, or may not have, by classes and signers of the cluster: an ingress without a class gets the default
// one, and nobody asks the signer of clients for the group that may do everything.
import { beforeEach, describe, expect, it } from 'vitest';
import { certificateRequest } from '../support/certificate-request.ts';
import { type Answer, type TestApi, testApi } from './harness.ts';

const NETWORKING = '/apis/networking.k8s.io/v1';
const CLASSES = `${NETWORKING}/ingressclasses`;
const INGRESSES = `${NETWORKING}/namespaces/default/ingresses`;
const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const ingressClass = (name: string, annotations: object): object => ({
  metadata: { name, annotations },
  spec: { controller: 'example.com/ingress' },
});
const ingress = (name: string, spec: object = {}, annotations: object = {}): object => ({
  metadata: { name, annotations },
  spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec },
});
const classOf = ({ body }: Answer): unknown => body.spec.ingressClassName;

describe('an ingress without a class', () => {
  it('has none while no class is the default', async () => {
    await api.call('POST', CLASSES, ingressClass('plain', {}));
    expect(classOf(await api.call('POST', INGRESSES, ingress('a')))).toBeUndefined();
  });

  it('gets the newest default class, and of those created together the first by name', async () => {
    await api.call('POST', CLASSES, ingressClass('a-first', { [IS_DEFAULT]: 'true' }));
    api.clock.advance(2_000);
    await api.call('POST', CLASSES, ingressClass('c', { [IS_DEFAULT]: 'true' }));
    await api.call('POST', CLASSES, ingressClass('b', { [IS_DEFAULT]: 'true' }));
    await api.call('POST', CLASSES, ingressClass('a', { [IS_DEFAULT]: 'false' }));
    expect(classOf(await api.call('POST', INGRESSES, ingress('i')))).toBe('b');
  });

  it('is one that names it neither way', async () => {
    await api.call('POST', CLASSES, ingressClass('c', { [IS_DEFAULT]: 'true' }));
    const old = { 'kubernetes.io/ingress.class': 'nginx' };
    expect(classOf(await api.call('POST', INGRESSES, ingress('old', {}, old)))).toBeUndefined();
    expect(classOf(await api.call('POST', INGRESSES, ingress('own', { ingressClassName: 'own' })))).toBe('own');
  });
});

describe('a certificate of system:masters', () => {
  const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const ask = async (signerName: string, subject: string): Promise<Answer> => {
    const request = Buffer.from(await certificateRequest('ECDSA', subject)).toString('base64');
    return api.call('POST', REQUESTS, {
      metadata: { generateName: 'jane-' },
      spec: { request, signerName, usages: ['client auth'] },
    });
  };
  const CLIENTS = 'kubernetes.io/kube-apiserver-client';

  it('is not asked of the signer of clients', async () => {
    const refused = await ask(CLIENTS, 'CN=jane, O=devs, O=system:masters');
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain(`use of ${CLIENTS} signer with system:masters group is not allowed`);
  });

  it('is another one where the group or the signer is', async () => {
    expect((await ask(CLIENTS, 'CN=system:masters, O=devs')).status).toBe(201);
    expect((await ask('example.com/people', 'CN=jane, O=system:masters')).status).toBe(201);
  });
});
