// What is refused is told in Kubernetes' own words: kubectl prints them, and people search for them.
import { beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from './harness.ts';

const DEFAULT = '/api/v1/namespaces/default';
let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

describe('a selector', () => {
  it.each([
    [
      'configmaps?fieldSelector=spec.x%3D1',
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
    ['secrets?fieldSelector=data%3D1', 'field label not supported: data'],
    ['secrets?fieldSelector=type', "invalid selector: 'type'; can't understand 'type'"],
  ])('of %s is told what is wrong with it, and nothing else', async (path, message) => {
    expect((await api.call('GET', `${DEFAULT}/${path}`)).body).toMatchObject({ code: 400, message });
  });
});

describe('a service', () => {
  it('cannot have an address that is none of the range', async () => {
    const body = { metadata: { name: 'a' }, spec: { clusterIP: '1.2.3.4', ports: [{ port: 80 }] } };
    const { message } = (await api.call('POST', `${DEFAULT}/services`, body)).body;
    expect(message).toBe(
      'Service "a" is invalid: spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range',
    );
  });
});

describe('a token', () => {
  const ask = async (spec: object): Promise<unknown> => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    return (await api.call('POST', `${DEFAULT}/serviceaccounts/robot/token`, body)).body;
  };
  beforeEach(async () => {
    await api.call('POST', `${DEFAULT}/serviceaccounts`, { metadata: { name: 'robot' } });
  });

  it('lives ten minutes at least', async () => {
    expect(await ask({ expirationSeconds: 60 })).toMatchObject({
      code: 422,
      message:
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    });
  });

  it('is not bound to a pod of another account', async () => {
    const spec = { containers: [{ name: 'c', image: 'busybox' }], serviceAccountName: 'default' };
    await api.call('POST', `${DEFAULT}/pods`, { metadata: { name: 'p' }, spec });
    expect(await ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })).toMatchObject({
      code: 400,
      message: 'cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.',
    });
  });

  it('is not bound to what is another by now', async () => {
    await api.call('POST', `${DEFAULT}/secrets`, { metadata: { name: 's' } });
    expect(await ask({ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 's', uid: 'other' } })).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on Secret "s": the UID in the bound object reference (other) does not match the UID in record. The object might have been deleted and then recreated',
    });
  });
});
