// Cluster trust bundles: trust anchors that pods mount; those of a signer are named after it.
import type { ClusterTrustBundle } from '../../gated-types.ts';
import { validateTrustBundle, validateTrustBundleUpdate } from '../../validation/gated/trust-bundle.ts';
import { column, defineResource, NAME_COLUMN } from '../define.ts';

export const CLUSTER_TRUST_BUNDLES = defineResource({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  plural: 'clustertrustbundles',
  kind: 'ClusterTrustBundle',
  namespaced: false,
  columns: [
    NAME_COLUMN,
    column<ClusterTrustBundle>('SignerName', ({ spec }) => (spec?.signerName ? spec.signerName : '<none>')),
  ],
  strategy: {
    nameRule: 'pathSegment',
    allowUnconditionalUpdate: false,
    validateCreate: (object) => validateTrustBundle(object as ClusterTrustBundle),
    validateUpdate: (object, old) => validateTrustBundleUpdate(object as ClusterTrustBundle, old as ClusterTrustBundle),
    selectableFields: (object) => ({ 'spec.signerName': (object as ClusterTrustBundle).spec?.signerName ?? '' }),
    selectableFieldNames: ['spec.signerName'],
  },
});
