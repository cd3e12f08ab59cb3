// Certificate requests as clients make them, by an implementation other than the one that reads them.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHMS = {
  ECDSA: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'ECDSA P-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  Ed25519: { name: 'Ed25519' },
  RSA: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
} as const;

export type RequestAlgorithm = keyof typeof ALGORITHMS;

/** The PEM of a request for jane of the devs (or for another name), signed with a key made for it. */
export async function certificateRequest(algorithm: RequestAlgorithm, name = 'CN=jane, O=devs'): Promise<string> {
  const signingAlgorithm = ALGORITHMS[algorithm];
  const made = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  if (!('privateKey' in made)) throw new Error(`${algorithm} has no pair of keys`);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: made,
    signingAlgorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'jane.example.com' }])],
  });
  return request.toString('pem');
}
