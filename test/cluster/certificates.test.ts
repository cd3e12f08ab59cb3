import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuthority } from '../../cluster/certificates.ts';
import { systemClock } from '../../src/lib/index.ts';

const clock = systemClock();
const request = {
  name: 'web',
  commonName: 'web',
  organization: 'servers',
  hosts: ['localhost', '127.0.0.1'],
  usages: ['server'] as const,
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-pki-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a cluster's certificate authority", () => {
  it('signs certificates that it verifies, for the user, group and hosts asked for', async () => {
    const authority = await openAuthority(folder, 'c1', clock);
    await authority.ensure(request);
    const certificate = new X509Certificate(readFileSync(join(folder, 'web.crt')));
    expect(certificate.verify(new X509Certificate(authority.caPem).publicKey)).toBe(true);
    expect(certificate.subject).toBe('O=servers\nCN=web');
    expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  });

  it('keeps a good certificate, and makes a new one when a host is added', async () => {
    const authority = await openAuthority(folder, 'c1', clock);
    await authority.ensure(request);
    const first = readFileSync(join(folder, 'web.crt'), 'utf8');
    await authority.ensure(request);
    expect(readFileSync(join(folder, 'web.crt'), 'utf8')).toBe(first);
    await authority.ensure({ ...request, hosts: [...request.hosts, '172.17.0.1'] });
    expect(readFileSync(join(folder, 'web.crt'), 'utf8')).not.toBe(first);
  });

  it('makes a new certificate when the old one is about to expire', async () => {
    const authority = await openAuthority(folder, 'c1', clock);
    await authority.ensure(request);
    const first = readFileSync(join(folder, 'web.crt'), 'utf8');
    const later = await openAuthority(folder, 'c1', { ...clock, now: () => clock.now() + 300 * 86_400_000 });
    await later.ensure(request);
    expect(readFileSync(join(folder, 'web.crt'), 'utf8')).not.toBe(first);
  });

  it('keeps its keys for itself', async () => {
    await (await openAuthority(folder, 'c1', clock)).ensure(request);
    expect(statSync(join(folder, 'ca.key')).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'web.key')).mode & 0o077).toBe(0);
  });

  it('is the same authority when it is opened again', async () => {
    const first = await openAuthority(folder, 'c1', clock);
    expect((await openAuthority(folder, 'c1', clock)).caPem).toBe(first.caPem);
  });
});
