// Makes keys and certificates. Loaded only when one has to be made: the library is nearly a megabyte of ASN.1, and a cluster
// that is resumed has all of its certificates.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../src/lib/index.ts';
import type { CertificateRequest } from './certificates.ts';
import type { CertificatePaths } from './layout.ts';
import { CA_VALIDITY_DAYS, CERTIFICATE_VALIDITY_DAYS, DAY_MS } from './limits.ts';

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Clocks of machines differ a little: a certificate is valid from a while ago. */
const BACKDATE_MS = 5 * 60_000;

x509.cryptoProvider.set(webcrypto);

/** Whoever signs certificates of others. */
export interface Signer {
  /** Makes a key and a certificate for it, and writes both. */
  issue(request: CertificateRequest, files: CertificatePaths): Promise<void>;
}

/** Makes a certificate authority and writes it. */
export async function foundAuthority(files: CertificatePaths, clusterId: string, clock: Clock): Promise<void> {
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
  await writeKey(files.key, keys.privateKey);
  writeFileSync(files.cert, `${certificate.toString('pem')}\n`);
}

/** Signs with the authority of these texts. */
export async function signer(caPem: string, keyPem: string, clock: Clock): Promise<Signer> {
  const issuer = new x509.X509Certificate(caPem);
  const signingKey = await importKey(keyPem);
  return {
    async issue(request, files) {
      const keys = await generateKeys();
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
        extensions: await extensionsOf(request, issuer),
      });
      await writeKey(files.key, keys.privateKey);
      writeFileSync(files.cert, `${certificate.toString('pem')}\n`);
    },
  };
}

async function extensionsOf(
  { usages, hosts }: CertificateRequest,
  issuer: x509.X509Certificate,
): Promise<x509.Extension[]> {
  const purposes = usages.map((usage) =>
    usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
  );
  const names = hosts.map((host) => new x509.GeneralName(isIP(host) === 0 ? 'dns' : 'ip', host));
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(purposes),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
}

/** Makes a private key and writes it. */
export async function makeKey(file: string): Promise<void> {
  await writeKey(file, (await generateKeys()).privateKey);
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
