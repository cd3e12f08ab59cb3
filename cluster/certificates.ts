// The cluster's own certificate authority, and one certificate per identity (Kubernetes' names: the common name is the
// user, the organisation the group). Existing ones are kept while they are valid for long enough and name the same hosts.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../src/lib/index.ts';
import { CA_VALIDITY_DAYS, CERTIFICATE_RENEW_BEFORE_DAYS, CERTIFICATE_VALIDITY_DAYS } from './limits.ts';

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const DAY_MS = 86_400_000;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Clocks of machines differ a little: a certificate is valid from a while ago. */
const BACKDATE_MS = 5 * 60_000;

x509.cryptoProvider.set(webcrypto);

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
  const caFile = join(folder, 'ca.crt');
  const keyFile = join(folder, 'ca.key');
  if (!existsSync(caFile) || !existsSync(keyFile)) await found(caFile, keyFile, clusterId, clock);
  const caPem = readFileSync(caFile, 'utf8');
  const issuer = new x509.X509Certificate(caPem);
  const signingKey = await importKey(readFileSync(keyFile, 'utf8'));
  return {
    caFile,
    caPem,
    async ensure(request) {
      const certFile = join(folder, `${request.name}.crt`);
      if (isGood(certFile, join(folder, `${request.name}.key`), request, issuer, clock)) return;
      await issue(folder, request, issuer, signingKey, clock);
    },
  };
}

async function found(caFile: string, keyFile: string, clusterId: string, clock: Clock): Promise<void> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=quorate-${clusterId}`,
    ...validity(clock, CA_VALIDITY_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writeKey(keyFile, keys.privateKey);
  writeFileSync(caFile, `${certificate.toString('pem')}\n`);
}

async function issue(
  folder: string,
  request: CertificateRequest,
  issuer: x509.X509Certificate,
  signingKey: CryptoKey,
  clock: Clock,
): Promise<void> {
  const keys = await generateKeys();
  const usages = request.usages.map((usage) =>
    usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
  );
  const names = request.hosts.map((host) => new x509.GeneralName(isAddress(host) ? 'ip' : 'dns', host));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [
      ...(request.organization === undefined ? [] : [{ O: [request.organization] }]),
      { CN: [request.commonName] },
    ],
    issuer: issuer.subject,
    ...validity(clock, CERTIFICATE_VALIDITY_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  await writeKey(join(folder, `${request.name}.key`), keys.privateKey);
  writeFileSync(join(folder, `${request.name}.crt`), `${certificate.toString('pem')}\n`);
}

function isGood(
  certFile: string,
  keyFile: string,
  request: CertificateRequest,
  issuer: x509.X509Certificate,
  clock: Clock,
): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false;
  const certificate = new x509.X509Certificate(readFileSync(certFile, 'utf8'));
  const longEnough = certificate.notAfter.getTime() - clock.now() > CERTIFICATE_RENEW_BEFORE_DAYS * DAY_MS;
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const hosts = new Set(names.map((name) => name.value));
  const sameIssuer = certificate.issuer === issuer.subject;
  return longEnough && sameIssuer && request.hosts.every((host) => hosts.has(host));
}

/** Makes the key that signs service-account tokens, unless it is there. */
export async function ensureSigningKey(file: string): Promise<void> {
  if (existsSync(file)) return;
  const keys = await generateKeys();
  await writeKey(file, keys.privateKey);
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair;
}

async function writeKey(file: string, key: CryptoKey): Promise<void> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  writeFileSync(file, `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`, { mode: 0o600 });
}

async function importKey(pem: string): Promise<CryptoKey> {
  const der = x509.PemConverter.decodeFirst(pem);
  return (await webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, true, ['sign'])) as CryptoKey;
}

function validity(clock: Clock, days: number): { notBefore: Date; notAfter: Date } {
  const from = clock.now() - BACKDATE_MS;
  return { notBefore: new Date(from), notAfter: new Date(from + days * DAY_MS) };
}

/** 127 random bits, positive (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$/.test(host) || host.includes(':');
}
