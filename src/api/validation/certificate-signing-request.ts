// The rules of certificate signing requests: what may be asked for, and which conditions may come with which subresource.
import { certificateRequestProblem, certificatesProblem } from '../certificate-request.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../cluster-types.ts';
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { signerName } from './domains.ts';

const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const EXPIRATION_MIN_SECONDS = 600;
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const DECISIONS = ['Approved', 'Denied'];
/** Conditions that are true or not there, and once there stay. */
const FINAL = [...DECISIONS, 'Failed'];
const STATUSES = ['False', 'True', 'Unknown'];

function textOf(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('latin1');
}

export function validateRequest({ spec }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  const { request, usages = [], signerName: signer, expirationSeconds } = spec ?? {};
  const problem = certificateRequestProblem(textOf(request));
  if (problem !== undefined) errors.push(invalid('spec.request', request ?? null, problem));
  if (usages.length === 0) errors.push(required('spec.usages'));
  for (const [index, usage] of usages.entries()) {
    const at = `spec.usages[${index}]`;
    if (!USAGES.includes(usage)) errors.push(notSupported(at, usage, USAGES));
    if (usages.indexOf(usage) < index) errors.push(duplicate(at, usage));
  }
  if (signer === LEGACY_SIGNER)
    errors.push(invalid('spec.signerName', signer, 'the legacy signerName is not allowed via this API version'));
  else addFindings(errors, signerName(signer, 'spec.signerName'));
  if (expirationSeconds !== undefined && expirationSeconds < EXPIRATION_MIN_SECONDS) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', expirationSeconds, detail));
  }
  return errors;
}

function conditionsOf({ status }: CertificateSigningRequest): readonly CertificateSigningRequestCondition[] {
  return status?.conditions ?? [];
}

/** What status may hold after it changed; `part` is the subresource by which it did. */
export function validateRequestStatus(
  object: CertificateSigningRequest,
  old: CertificateSigningRequest,
  part: 'approval' | 'status',
): FieldError[] {
  const errors = validateConditions(conditionsOf(object));
  for (const type of FINAL) {
    const before = conditionsOf(old).filter((condition) => condition.type === type);
    const after = conditionsOf(object).filter((condition) => condition.type === type);
    const refuse = (verb: string): void => {
      errors.push(forbidden('status.conditions', `updates may not ${verb} a condition of type "${type}"`));
    };
    if (after.length < before.length) refuse('remove');
    if (part === 'approval' || !DECISIONS.includes(type)) continue;
    if (after.length > before.length) refuse('add');
    else if (after.length === before.length && !equalJson(after, before)) refuse('modify');
  }
  const certificate = object.status?.certificate ?? '';
  const former = old.status?.certificate ?? '';
  if (certificate !== '') {
    const problem = certificatesProblem(textOf(certificate));
    if (problem !== undefined) errors.push(invalid('status.certificate', '<certificate data>', problem));
  }
  if (certificate === former) return errors;
  if (part !== 'status') errors.push(forbidden('status.certificate', 'updates may not set certificate content'));
  else if (former !== '')
    errors.push(forbidden('status.certificate', 'updates may not modify existing certificate content'));
  return errors;
}

function validateConditions(conditions: readonly CertificateSigningRequestCondition[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { type = '', status = '' }] of conditions.entries()) {
    const at = `status.conditions[${index}]`;
    if (type === '') errors.push(required(`${at}.type`));
    const allowed = FINAL.includes(type) ? ['True'] : STATUSES;
    if (status === '') errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    const other = type === 'Approved' ? 'Denied' : 'Approved';
    if (DECISIONS.includes(type) && seen.has(other))
      errors.push(invalid(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
  }
  return errors;
}
