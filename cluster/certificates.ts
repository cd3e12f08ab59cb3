// The cluster's own certificate authority, and one certificate per identity (Kubernetes' names: the common name is the
// user, the organisation the group). Existing ones are kept while they are valid for long enough and name the same hosts.
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../src/lib/index.ts';
import type { Signer } from './certificate-maker.ts';
import type { CertificatePaths } from './layout.ts';
import { CERTIFICATE_RENEW_BEFORE_DAYS, DAY_MS } from './limits.ts';

/** What a certificate is to say. */
export interface CertificateRequest {
  /** Of the files: <name>.crt and <name>.key. */
  readonly name: string;
  readonly commonName: string;
  readonly organization?: string;
  /** DNS names and IP addresses of a server; empty for clients. */
  readonly hosts: readonly string[];
  readonly usages: readonly ('client' | 'server')[];
}

/** An authority that can sign. */
export interface Authority {
  readonly caFile: string;
  readonly caPem: string;
  /** Makes <name>.crt and <name>.key in the folder, unless valid ones are there. */
  ensure(request: CertificateRequest): Promise<void>;
}

/** Opens the authority in a folder, or founds it. */
export async function openAuthority(folder: string, clusterId: string, clock: Clock): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = filesOf(folder, 'ca');
  if (!areThere(own)) await (await maker()).foundAuthority(own, clusterId, clock);
  const caPem = readFileSync(own.cert, 'utf8');
  const issuer = new X509Certificate(caPem);
  let signer: Promise<Signer> | undefined;
  return {
    caFile: own.cert,
    caPem,
    async ensure(request) {
      const files = filesOf(folder, request.name);
      if (isGood(files, request, issuer, clock)) return;
      signer ??= maker().then((made) => made.signer(caPem, readFileSync(own.key, 'utf8'), clock));
      await (await signer).issue(request, files);
    },
  };
}

/** Makes the key that signs service-account tokens, unless it is there. */
export async function ensureSigningKey(file: string): Promise<void> {
  if (!existsSync(file)) await (await maker()).makeKey(file);
}

function maker(): Promise<typeof import('./certificate-maker.ts')> {
  return import('./certificate-maker.ts');
}

function filesOf(folder: string, name: string): CertificatePaths {
  return { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

function areThere({ cert, key }: CertificatePaths): boolean {
  return existsSync(cert) && existsSync(key);
}

function isGood(
  files: CertificatePaths,
  { hosts }: CertificateRequest,
  issuer: X509Certificate,
  clock: Clock,
): boolean {
  if (!areThere(files)) return false;
  const certificate = new X509Certificate(readFileSync(files.cert, 'utf8'));
  const leftMs = Date.parse(certificate.validTo) - clock.now();
  const longEnough = leftMs > CERTIFICATE_RENEW_BEFORE_DAYS * DAY_MS;
  if (!longEnough || certificate.issuer !== issuer.subject) return false;
  return hosts.every(
    (host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined,
  );
}
