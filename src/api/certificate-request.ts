// PKCS#10 certificate requests (RFC 2986), read as far as the API needs: that one is well-formed, and that its signature
// was made with the key it names. Only DER is read, and nothing is trusted about its lengths.
import { constants, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { pemBlocks } from './pem.ts';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const ATTRIBUTES = 0xa0;
const BMP_STRING = 0x1e;
/** The object identifier 2.5.4.10. */
const ORGANIZATION = Buffer.from('55040a', 'hex');
const NO_BYTES = Buffer.alloc(0);

interface Element {
  readonly tag: number;
  /** The whole element, header included. */
  readonly der: Buffer;
  readonly content: Buffer;
}

class DerError extends Error {
  override readonly name = 'DerError';
}

/** What is wrong with PEM text as a certificate request; undefined when it is one and its signature holds. */
export function certificateRequestProblem(pem: string): string | undefined {
  const [block] = pemBlocks(pem);
  if (block === undefined || block.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  try {
    return signatureProblem(block.bytes);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    // The key is of a kind or size that OpenSSL does not read.
    return 'x509: cannot verify signature: algorithm unimplemented';
  }
}

/** The organisations in the subject of a request without a problem: the groups of whoever gets the certificate. */
export function requestedOrganizations(pem: string): readonly string[] {
  const [block] = pemBlocks(pem);
  if (block === undefined) return [];
  const [info] = elementsOf(only(elementsOf(block.bytes), SEQUENCE).content);
  const [, subject] = elementsOf(info?.content ?? NO_BYTES);
  return namesIn(subject?.content ?? NO_BYTES)
    .filter(({ type }) => type.equals(ORGANIZATION))
    .map(({ text }) => text);
}

/** A subject is a sequence of sets of pairs. Throws DerError. */
function namesIn(subject: Buffer): { readonly type: Buffer; readonly text: string }[] {
  const pairs = elementsOf(subject).flatMap((relative) => {
    if (relative.tag !== SET) throw malformed('malformed subject');
    return elementsOf(relative.content);
  });
  return pairs.map((pair) => {
    const [type, value] = elementsOf(pair.content);
    if (pair.tag !== SEQUENCE || type?.tag !== OBJECT_IDENTIFIER || value === undefined)
      throw malformed('malformed subject');
    return { type: type.content, text: textOf(value) };
  });
}

function textOf({ tag, content }: Element): string {
  if (tag !== BMP_STRING) return content.toString('utf8');
  if (content.length % 2 !== 0) throw malformed('invalid BMPString');
  return Buffer.from(content).swap16().toString('utf16le');
}

function signatureProblem(der: Buffer): string | undefined {
  const request = only(elementsOf(der), SEQUENCE);
  const [info, algorithm, signature] = expectTags(request.content, [SEQUENCE, SEQUENCE, BIT_STRING]);
  const [version, subject, key] = expectTags(info.content, [INTEGER, SEQUENCE, SEQUENCE, ATTRIBUTES]);
  if (!version.content.equals(Buffer.from([0]))) throw malformed('unknown version of a certificate request');
  namesIn(subject.content);
  const [identifier] = elementsOf(algorithm.content);
  if (identifier?.tag !== OBJECT_IDENTIFIER || signature.content[0] !== 0) throw malformed('malformed signature');
  const scheme = SCHEMES[identifier.content.toString('hex')];
  const publicKey = createPublicKey({ key: key.der, format: 'der', type: 'spki' });
  if (scheme === undefined) return 'x509: cannot verify signature: algorithm unimplemented';
  const options = scheme.pss ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING } : publicKey;
  const digest = scheme.digest === '' ? null : scheme.digest;
  return verify(digest, info.der, options, signature.content.subarray(1))
    ? undefined
    : `x509: signature over certificate request is not valid`;
}

interface Scheme {
  /** '' where the key says it (Ed25519). */
  readonly digest: string;
  readonly pss?: true;
}

/** Signature algorithms by the DER of their object identifier; MD5 is left out, as Kubernetes leaves it out. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  '2a864886f70d010105': { digest: 'sha1' },
  '2a864886f70d01010b': { digest: 'sha256' },
  '2a864886f70d01010c': { digest: 'sha384' },
  '2a864886f70d01010d': { digest: 'sha512' },
  '2a864886f70d01010a': { digest: 'sha256', pss: true },
  '2a8648ce3d0401': { digest: 'sha1' },
  '2a8648ce3d040302': { digest: 'sha256' },
  '2a8648ce3d040303': { digest: 'sha384' },
  '2a8648ce3d040304': { digest: 'sha512' },
  '2b6570': { digest: '' },
};

function malformed(detail: string): DerError {
  return new DerError(`asn1: structure error: ${detail}`);
}

function only(elements: readonly Element[], tag: number): Element {
  const [element, ...more] = elements;
  if (element === undefined || element.tag !== tag || more.length > 0) throw malformed('tags do not match');
  return element;
}

/** The elements of `content`, which must have the tags given; the last may be absent where one is optional. */
function expectTags(content: Buffer, tags: readonly number[]): [Element, Element, Element] {
  const elements = elementsOf(content);
  const [first, second, third] = elements;
  const fits = elements.length <= tags.length && elements.every((element, index) => element.tag === tags[index]);
  if (!fits || first === undefined || second === undefined || third === undefined) throw malformed('tags do not match');
  return [first, second, third];
}

function elementsOf(der: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const { start, length } = lengthAt(der, at + 1);
    const end = start + length;
    if (end > der.length) throw new DerError('asn1: syntax error: data truncated');
    elements.push({ tag: der[at] ?? 0, der: der.subarray(at, end), content: der.subarray(start, end) });
    at = end;
  }
  return elements;
}

/** Long forms of up to four bytes; more is larger than any body. */
function lengthAt(der: Buffer, at: number): { start: number; length: number } {
  const first = der[at];
  if (first === undefined) throw new DerError('asn1: syntax error: truncated tag or length');
  if (first < 0x80) return { start: at + 1, length: first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 1 + count > der.length)
    throw new DerError('asn1: syntax error: truncated tag or length');
  return { start: at + 1 + count, length: der.readUIntBE(at + 1, count) };
}

/** What is wrong with PEM text as a chain of certificates; undefined when it is one. */
export function certificatesProblem(pem: string): string | undefined {
  const blocks = pemBlocks(pem);
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    try {
      new X509Certificate(bytes);
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return undefined;
}
