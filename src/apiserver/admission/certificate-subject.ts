// CertificateSubjectRestriction: nobody asks the signer of clients of this server for a certificate of the group that may do
// everything, whoever would approve it.
import { type CertificateSigningRequest, forbiddenError, requestedOrganizations } from '../../api/index.ts';
import { MASTERS_GROUP } from '../authn/users.ts';
import type { AdmissionPlugin } from './plugin.ts';

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

export const CERTIFICATE_SUBJECT: AdmissionPlugin = {
  of: ['certificatesigningrequests.certificates.k8s.io'],
  on: ['create'],
  admit({ operation, object }) {
    const { spec, metadata } = object as CertificateSigningRequest;
    if (spec?.signerName !== CLIENT_SIGNER) return;
    const pem = Buffer.from(spec.request, 'base64').toString('latin1');
    if (!requestedOrganizations(pem).includes(MASTERS_GROUP)) return;
    const why = `use of ${CLIENT_SIGNER} signer with ${MASTERS_GROUP} group is not allowed`;
    throw forbiddenError(operation.definition, metadata?.name ?? '', why);
  },
};
