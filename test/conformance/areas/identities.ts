// Certificate requests, the cluster's certificate in each namespace, service accounts. Auth behaviours 149, 152 and 156.
import { execFileSync } from 'node:child_process';
import { CoreV1Api, type V1CertificateSigningRequest } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { eventually } from '../../e2e/support/command.ts';
import { behaviour } from '../behaviour.ts';
import { core, patch, update } from '../objects.ts';
import { walkLife } from '../walk.ts';

/** A request for a certificate, as PEM in base64. */
function certificateRequest(): string {
  const args = [
    'req',
    '-new',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    '/dev/null',
  ];
  return execFileSync('openssl', [...args, '-subj', '/CN=shown'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(
    'base64',
  );
}

behaviour('CB-149', async (scene) => {
  const group = 'certificates.k8s.io';
  const spec = {
    request: certificateRequest(),
    signerName: 'example.com/shown',
    expirationSeconds: 3_600,
    usages: ['digital signature', 'key encipherment', 'server auth'],
  };
  await walkLife(scene, {
    group,
    version: 'v1',
    plural: 'certificatesigningrequests',
    kind: 'CertificateSigningRequest',
    namespaced: false,
    object: { spec },
  });
  const path = `/apis/${group}/v1/certificatesigningrequests`;
  const name = `${scene.unique}-decided`;
  await scene.raw.ok('POST', path, { body: { metadata: { name }, spec } });
  const approval = `${path}/${name}/approval`;
  await scene.raw.ok('GET', approval);
  const condition = { type: 'Approved', status: 'True', reason: 'Shown', message: 'by a test' };
  const approved = await update<V1CertificateSigningRequest>(scene, approval, (request) => {
    request.status = { ...request.status, conditions: [condition] };
  });
  expect(approved.status?.conditions).toMatchObject([condition]);
  const patched = await patch<V1CertificateSigningRequest>(scene, approval, {
    metadata: { annotations: { patched: 'yes' } },
  });
  expect(patched.metadata?.annotations).toMatchObject({ patched: 'yes' });
  await scene.raw.ok('GET', `${path}/${name}/status`);
  const certificate = scene.certificateAuthority;
  const issued = await update<V1CertificateSigningRequest>(scene, `${path}/${name}/status`, (request) => {
    request.status = { ...request.status, certificate: Buffer.from(certificate).toString('base64') };
  });
  expect(issued.status?.certificate).toBe(Buffer.from(certificate).toString('base64'));
  await scene.raw.ok('DELETE', `${path}/${name}`);
});

behaviour('CB-152', async (scene) => {
  const path = `${core(scene.namespace, 'configmaps')}/kube-root-ca.crt`;
  const published = (what: string): Promise<string> =>
    eventually(what, async () => {
      const { status, body } = await scene.raw.send('GET', path);
      const certificate = body.data?.['ca.crt'];
      return status === 200 && certificate?.startsWith('-----BEGIN CERTIFICATE-----') === true
        ? certificate
        : undefined;
    });
  const first = await published('the certificate of the cluster');
  expect(first.trim()).toBe(scene.certificateAuthority.trim());
  await scene.raw.ok('DELETE', path);
  expect(await published('the certificate again')).toBe(first);
  await patch(scene, path, { data: { 'ca.crt': 'forged' } });
  expect(await published('the certificate put right')).toBe(first);
});

behaviour('CB-156', async (scene) => {
  const api = scene.api(CoreV1Api);
  const at = { namespace: scene.namespace, name: 'shown' };
  const body = { metadata: { name: 'shown' }, automountServiceAccountToken: false };
  await api.createNamespacedServiceAccount({ namespace: scene.namespace, body });
  const account = await api.readNamespacedServiceAccount(at);
  expect(account.automountServiceAccountToken).toBe(false);
  account.automountServiceAccountToken = true;
  await api.replaceNamespacedServiceAccount({ ...at, body: account });
  expect((await api.readNamespacedServiceAccount(at)).automountServiceAccountToken).toBe(true);
});
