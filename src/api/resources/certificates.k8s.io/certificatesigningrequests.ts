// Certificate signing requests: what is asked, and by whom, never changes; approvers decide through `approval`, signers answer
// through `status`.
import { rfc3339 } from '../../../lib/index.ts';
import type { CertificateSigningRequest } from '../../cluster-types.ts';
import type { StrategyContext, UpdateContext } from '../../definition.ts';
import { cloneJson, equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import { validateRequest, validateRequestStatus } from '../../validation/certificate-signing-request.ts';
import { AGE_COLUMN, column, defineResource, humanDuration, NAME_COLUMN, statusOf } from '../define.ts';

const GROUP = 'certificates.k8s.io';
const KIND = 'CertificateSigningRequest';

export const CERTIFICATE_SIGNING_REQUESTS = defineResource({
  group: GROUP,
  version: 'v1',
  plural: 'certificatesigningrequests',
  kind: KIND,
  namespaced: false,
  shortNames: ['csr'],
  subresources: [{ ...statusOf(GROUP, 'v1', KIND), name: 'approval' }, statusOf(GROUP, 'v1', KIND)],
  columns: [
    NAME_COLUMN,
    AGE_COLUMN,
    column<CertificateSigningRequest>('SignerName', ({ spec }) => spec.signerName),
    column<CertificateSigningRequest>('Requestor', ({ spec }) => spec.username ?? ''),
    column<CertificateSigningRequest>('RequestedDuration', ({ spec }) =>
      spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    ),
    column<CertificateSigningRequest>('Condition', conditionText),
  ],
  strategy: {
    nameRule: 'pathSegment',
    prepareForCreate: recordCaller,
    prepareForUpdate(object, old) {
      keep(object as CertificateSigningRequest, old as CertificateSigningRequest);
      return false;
    },
    prepareForStatusUpdate: prepareStatus,
    validate: (object) => validateRequest(object as CertificateSigningRequest),
    validateStatusUpdate: (object, old) =>
      validateRequestStatus(object as CertificateSigningRequest, old as CertificateSigningRequest, 'status'),
    approval: {
      prepareForStatusUpdate: prepareApproval,
      validateStatusUpdate: (object, old) =>
        validateRequestStatus(object as CertificateSigningRequest, old as CertificateSigningRequest, 'approval'),
    },
    selectableFields: (object) => ({ 'spec.signerName': (object as CertificateSigningRequest).spec.signerName }),
    selectableFieldNames: ['spec.signerName'],
  },
});

/** Who asks is what the server knows, whatever the body says. */
function recordCaller(object: KubeObject, { caller }: StrategyContext): void {
  const request = object as CertificateSigningRequest;
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...asked } = request.spec ?? {};
  request.spec = { ...(asked as CertificateSigningRequest['spec']), username: caller.name };
  if (caller.uid !== '') request.spec.uid = caller.uid;
  if (caller.groups.length > 0) request.spec.groups = [...caller.groups];
  if (Object.keys(caller.extra).length > 0) request.spec.extra = cloneJson(caller.extra) as Record<string, string[]>;
  request.status = {};
}

function keep(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  request.spec = cloneJson(old.spec);
  request.status = cloneJson(old.status ?? {});
}

function prepareStatus(object: KubeObject, before: KubeObject, context: UpdateContext): void {
  const request = object as CertificateSigningRequest;
  const old = before as CertificateSigningRequest;
  const status = request.status ?? {};
  keep(request, old);
  request.status = status;
  // A signer that sends decisions back does not change them, whatever became of their times on the way.
  for (const decision of old.status?.conditions ?? []) {
    if (decision.type !== 'Approved' && decision.type !== 'Denied') continue;
    const at = (status.conditions ?? []).findIndex(({ type }) => type === decision.type);
    if (status.conditions !== undefined && at !== -1) status.conditions[at] = cloneJson(decision);
  }
  stampConditions(request, old, context);
}

function prepareApproval(object: KubeObject, before: KubeObject, context: UpdateContext): void {
  const request = object as CertificateSigningRequest;
  const old = before as CertificateSigningRequest;
  const conditions = request.status?.conditions;
  keep(request, old);
  request.status = { ...request.status };
  if (conditions === undefined) delete request.status.conditions;
  else request.status.conditions = conditions;
  stampConditions(request, old, context);
}

function stampConditions(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  { nowMs }: UpdateContext,
): void {
  const now = rfc3339(nowMs);
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime !== undefined) continue;
    const same = old.status?.conditions?.find(({ type, status }) =>
      equalJson([type, status], [condition.type, condition.status]),
    );
    condition.lastTransitionTime = same?.lastTransitionTime ?? now;
  }
}

function conditionText({ status = {} }: CertificateSigningRequest): string {
  const has = (wanted: string): boolean => (status.conditions ?? []).some(({ type }) => type === wanted);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status.certificate ? ',Issued' : ''}`;
}
