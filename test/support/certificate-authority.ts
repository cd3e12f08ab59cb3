// A certificate authority's certificate, for those who are asked to trust it.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** In PEM. */
export async function certificateAuthority(name: string): Promise<string> {
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys: await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']),
    notBefore: new Date(Date.UTC(2020, 0)),
    notAfter: new Date(Date.UTC(2040, 0)),
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return made.toString('pem');
}
