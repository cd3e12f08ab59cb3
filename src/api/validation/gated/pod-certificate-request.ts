// The rules of pod certificate requests: who asks, for how long, with which proof of the key; and which answers a signer may give.
import { certificateRequestProblem, certificatesProblem } from '../../certificate-request.ts';
import type { Condition } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid, notSupported, problemsAt, required, tooLong } from '../../field-error.ts';
import type { PodCertificateRequest } from '../../gated-types.ts';
import { equalJson } from '../../json.ts';
import { validateConditions } from '../conditions.ts';
import { signerName } from '../domains.ts';
import { validateAnnotations } from '../labels.ts';
import { dns1123SubdomainProblems } from '../names.ts';

const UID_LIMIT_BYTES = 128;
const LIFETIME_MIN_SECONDS = 3600;
const LIFETIME_MAX_SECONDS = 91 * 86_400;
const KUBERNETES_LIFETIME_MAX_SECONDS = 86_400;
const REQUEST_LIMIT_BYTES = 10 * 1024;
const CHAIN_LIMIT_BYTES = 100 * 1024;
const ANSWERS = ['Denied', 'Failed', 'Issued'];

type Spec = PodCertificateRequest['spec'];

export function validatePodCertificateRequest({ spec }: PodCertificateRequest): FieldError[] {
  const errors = signerName(spec.signerName, 'spec.signerName');
  addFindings(errors, validateAnnotations(spec.unverifiedUserAnnotations, 'spec.unverifiedUserAnnotations'));
  for (const [name, uid] of [
    ['podName', 'podUID'],
    ['serviceAccountName', 'serviceAccountUID'],
    ['nodeName', 'nodeUID'],
  ] as const) {
    addFindings(errors, problemsAt(`spec.${name}`, spec[name] ?? '', dns1123SubdomainProblems(spec[name] ?? '')));
    addFindings(errors, validateUid(spec[uid] ?? '', `spec.${uid}`));
  }
  addFindings(errors, validateLifetime(spec), validateProof(spec));
  return errors;
}

function validateUid(uid: string, at: string): FieldError[] {
  if (uid === '') return [invalid(at, uid, 'must not be empty')];
  return Buffer.byteLength(uid) > UID_LIMIT_BYTES ? [tooLong(at, UID_LIMIT_BYTES)] : [];
}

function validateLifetime({ signerName: signer = '', maxExpirationSeconds }: Spec): FieldError[] {
  const at = 'spec.maxExpirationSeconds';
  if (maxExpirationSeconds === undefined) return [required(at, 'must be set')];
  const domain = signer.split('/')[0] ?? '';
  const isKubernetes = domain === 'kubernetes.io' || domain.endsWith('.kubernetes.io');
  const max = isKubernetes ? KUBERNETES_LIFETIME_MAX_SECONDS : LIFETIME_MAX_SECONDS;
  if (maxExpirationSeconds >= LIFETIME_MIN_SECONDS && maxExpirationSeconds <= max) return [];
  return [invalid(at, maxExpirationSeconds, `must be in the range [${LIFETIME_MIN_SECONDS}, ${max}]`)];
}

function validateProof({ stubPKCS10Request = '' }: Spec): FieldError[] {
  const at = 'spec.stubPKCS10Request';
  if (stubPKCS10Request === '') return [];
  if (Buffer.byteLength(stubPKCS10Request, 'base64') > REQUEST_LIMIT_BYTES) return [tooLong(at, REQUEST_LIMIT_BYTES)];
  const mark = 'CERTIFICATE REQUEST-----';
  const problem = certificateRequestProblem(`-----BEGIN ${mark}\n${stubPKCS10Request}\n-----END ${mark}\n`);
  return problem === undefined ? [] : [invalid(at, stubPKCS10Request, problem)];
}

export function validatePodCertificateStatus(object: PodCertificateRequest, old: PodCertificateRequest): FieldError[] {
  const status = object.status ?? {};
  const conditions = status.conditions ?? [];
  const errors = [...validateAnswers(conditions), ...validateConditions(conditions, 'status.conditions')];
  if (errors.length > 0) return errors;
  if (answerOf(old) !== undefined) {
    const detail = 'immutable after PodCertificateRequest is issued, denied, or failed';
    return equalJson(status, old.status ?? {}) ? [] : [invalid('status', status, detail)];
  }
  const answer = answerOf(object);
  if (answer === 'Issued') return validateIssued(status);
  const detail =
    answer === undefined
      ? 'non-condition status fields must be empty when the PodCertificateRequest is not issued'
      : 'non-condition status fields must be empty when denying or failing the PodCertificateRequest';
  return Object.keys(status).every((field) => field === 'conditions') ? [] : [invalid('status', status, detail)];
}

function validateAnswers(conditions: readonly Condition[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { type = '', status = '' }] of conditions.entries()) {
    const at = `status.conditions[${index}]`;
    if (!ANSWERS.includes(type)) errors.push(notSupported(`${at}.type`, type, ANSWERS));
    else if (status !== 'True') errors.push(notSupported(`${at}.status`, status, ['True']));
    if (index > 0 && ANSWERS.includes(type)) {
      const detail = 'There may be at most one condition with type "Issued", "Denied", or "Failed"';
      errors.push(invalid(`${at}.type`, type, detail));
    }
  }
  return errors;
}

function answerOf({ status }: PodCertificateRequest): string | undefined {
  return status?.conditions?.find(({ type }) => ANSWERS.includes(type))?.type;
}

function validateIssued(status: NonNullable<PodCertificateRequest['status']>): FieldError[] {
  const chain = status.certificateChain ?? '';
  const at = 'status.certificateChain';
  if (Buffer.byteLength(chain) > CHAIN_LIMIT_BYTES) return [tooLong(at, CHAIN_LIMIT_BYTES)];
  const problem = certificatesProblem(chain);
  const errors = problem === undefined ? [] : [invalid(at, chain, problem)];
  for (const field of ['notBefore', 'notAfter', 'beginRefreshAt'] as const)
    if (status[field] === undefined)
      errors.push(required(`status.${field}`, 'must be present and consistent with the issued certificate'));
  return errors;
}
