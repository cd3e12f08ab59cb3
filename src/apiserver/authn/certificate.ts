// Identity from a TLS client certificate: CN is the user, each O a group, and an attribute of Kubernetes' own the uid. The TLS layer
// has verified the chain. The certificate's fingerprint tells later which credential it was.
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { oncePer } from '../../lib/index.ts';
import type { UserInfo } from '../options.ts';
import { CREDENTIAL_ID } from './users.ts';

/** What a connection proved: nothing, an identity, or a certificate that does not hold. */
export type CertificateIdentity =
  | { readonly kind: 'none' }
  | { readonly kind: 'user'; readonly user: UserInfo }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Of a subject: the uid (feature AllowParsingUserUIDFromCertAuth, on by default). */
const UID_OID = '1.3.6.1.4.1.57683.2';
const NONE: CertificateIdentity = { kind: 'none' };
/** A connection's identity does not change, and reading a peer certificate is not cheap. */
const identityOf = oncePer(readIdentity);

/** `socket` is the connection a request came by; anything but a TLS socket has no certificate. */
export function certificateIdentity(socket: object | undefined): CertificateIdentity {
  if (socket === undefined || !isTlsSocket(socket)) return NONE;
  return identityOf(socket);
}

function readIdentity(socket: TLSSocket): CertificateIdentity {
  const certificate = socket.getPeerCertificate();
  if (certificate === null || Object.keys(certificate).length === 0) return NONE;
  if (!socket.authorized) return { kind: 'invalid', reason: String(socket.authorizationError ?? 'not verified') };
  const subject = certificate.subject as unknown as Record<string, string | string[] | undefined>;
  const name = strings(subject['CN'])[0];
  if (name === undefined || name === '') return { kind: 'invalid', reason: 'the certificate has no common name' };
  const [uid = '', ...otherUids] = strings(subject[UID_OID]);
  if (otherUids.length > 0) return { kind: 'invalid', reason: 'the certificate has more than one uid' };
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  const extra = { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] };
  return { kind: 'user', user: { name, uid, groups: strings(subject['O']), extra } };
}

function strings(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isTlsSocket(socket: object): socket is TLSSocket {
  return 'getPeerCertificate' in socket && 'authorized' in socket;
}
