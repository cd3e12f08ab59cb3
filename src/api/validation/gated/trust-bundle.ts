// The rules of cluster trust bundles: how they are named, and which certificates they may hold.
import { X509Certificate } from 'node:crypto';
import type { FieldError } from '../../definition.ts';
import { invalid, problemsAt, tooLong } from '../../field-error.ts';
import type { ClusterTrustBundle } from '../../gated-types.ts';
import { type PemBlock, pemBlocks } from '../../pem.ts';
import { signerName } from '../domains.ts';
import { dns1123SubdomainProblems } from '../names.ts';

const AT = 'spec.trustBundle';
const LIMIT_BYTES = 1024 * 1024;

export function validateTrustBundle(bundle: ClusterTrustBundle): FieldError[] {
  return [...validateNames(bundle), ...validateAnchors(bundle.spec?.trustBundle ?? '')];
}

/** Anchors that do not change are not read again. */
export function validateTrustBundleUpdate(bundle: ClusterTrustBundle, old: ClusterTrustBundle): FieldError[] {
  const { signerName: signer = '', trustBundle = '' } = bundle.spec ?? {};
  const errors = validateNames(bundle);
  if (trustBundle !== old.spec?.trustBundle) errors.push(...validateAnchors(trustBundle));
  if (signer !== (old.spec?.signerName ?? '')) errors.push(invalid('spec.signerName', signer, 'field is immutable'));
  return errors;
}

function validateNames({ metadata, spec }: ClusterTrustBundle): FieldError[] {
  const name = metadata?.name ?? '';
  const signer = spec?.signerName ?? '';
  const at = 'metadata.name';
  if (signer === '') {
    if (!name.includes(':')) return problemsAt(at, name, dns1123SubdomainProblems(name));
    return [invalid(at, name, 'ClusterTrustBundle without signer name must not have ":" in its name')];
  }
  const prefix = `${signer.replace('/', ':')}:`;
  const named = name.startsWith(prefix)
    ? problemsAt(at, name, dns1123SubdomainProblems(name.slice(prefix.length)))
    : [invalid(at, name, `ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`)];
  return [...named, ...signerName(signer, 'spec.signerName')];
}

function validateAnchors(text: string): FieldError[] {
  if (Buffer.byteLength(text) > LIMIT_BYTES) return [tooLong(AT, LIMIT_BYTES)];
  const blocks = pemBlocks(text);
  const problems = blocks.flatMap((block, index) => {
    const problem = anchorProblem(block);
    return problem === undefined ? [] : [`entry ${index} ${problem}`];
  });
  if (problems.length > 0) return problemsAt(AT, OMITTED, problems);
  if (blocks.length === 0) return [invalid(AT, OMITTED, 'at least one trust anchor must be provided')];
  const places = new Map<string, number[]>();
  for (const [index, { bytes }] of blocks.entries()) {
    const key = bytes.toString('base64');
    places.set(key, [...(places.get(key) ?? []), index]);
  }
  return [...places.values()]
    .filter((indices) => indices.length > 1)
    .map((indices) => invalid(AT, OMITTED, `duplicate trust anchor (indices [${indices.join(' ')}])`));
}

const OMITTED = '<value omitted>';

function anchorProblem({ type, hasHeaders, bytes }: PemBlock): string | undefined {
  if (type !== 'CERTIFICATE') return `has bad block type: ${type}`;
  if (hasHeaders) return 'has PEM block headers';
  try {
    return new X509Certificate(bytes).ca ? undefined : 'does not have the CA bit set';
  } catch {
    return 'does not parse as X.509';
  }
}
