// Pod certificate requests: what a kubelet asks of a signer for one pod. Fixed once asked, and final once answered.
import type { PodCertificateRequest } from '../../gated-types.ts';
import {
  validatePodCertificateRequest,
  validatePodCertificateStatus,
} from '../../validation/gated/pod-certificate-request.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';
import { fixedSpec } from './fixed-spec.ts';

const GROUP = 'certificates.k8s.io';
const KIND = 'PodCertificateRequest';
const LIFETIME_SECONDS = 86_400;

export const POD_CERTIFICATE_REQUESTS = defineResource({
  group: GROUP,
  version: 'v1beta1',
  plural: 'podcertificaterequests',
  kind: KIND,
  namespaced: true,
  subresources: [statusOf(GROUP, 'v1beta1', KIND)],
  columns: [
    NAME_COLUMN,
    column<PodCertificateRequest>('PodName', ({ spec }) => spec?.podName ?? ''),
    column<PodCertificateRequest>('ServiceAccountName', ({ spec }) => spec?.serviceAccountName ?? ''),
    column<PodCertificateRequest>('NodeName', ({ spec }) => spec?.nodeName ?? ''),
    column<PodCertificateRequest>('SignerName', ({ spec }) => spec?.signerName ?? ''),
    column<PodCertificateRequest>('State', ({ status }) => stateText(status)),
    AGE_COLUMN,
  ],
  strategy: {
    ...withStatus(false),
    applyDefaults(object) {
      const { spec } = object as PodCertificateRequest;
      if (spec !== undefined) spec.maxExpirationSeconds ??= LIFETIME_SECONDS;
    },
    validateCreate: (object) => validatePodCertificateRequest(object as PodCertificateRequest),
    validateUpdate: fixedSpec,
    validateStatusUpdate: (object, old) =>
      validatePodCertificateStatus(object as PodCertificateRequest, old as PodCertificateRequest),
    selectableFields: (object) => {
      const { spec } = object as PodCertificateRequest;
      return {
        'spec.signerName': spec?.signerName ?? '',
        'spec.podName': spec?.podName ?? '',
        'spec.nodeName': spec?.nodeName ?? '',
      };
    },
    selectableFieldNames: ['spec.signerName', 'spec.podName', 'spec.nodeName'],
  },
});

function stateText(status: PodCertificateRequest['status']): string {
  const found = (status?.conditions ?? []).find(({ type }) => ['Issued', 'Denied', 'Failed'].includes(type));
  return found?.type ?? 'Pending';
}
