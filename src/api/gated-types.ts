// The wire types of the kinds that have no stable version yet, from the same source as types.ts.
import type { V1alpha1StorageVersion } from 'kubernetes-models/dist/gen/models/V1alpha1StorageVersion.js';
import type { V1alpha2PodGroup } from 'kubernetes-models/dist/gen/models/V1alpha2PodGroup.js';
import type { V1alpha2PodGroupSchedulingPolicy } from 'kubernetes-models/dist/gen/models/V1alpha2PodGroupSchedulingPolicy.js';
import type { V1alpha2PodGroupTemplate } from 'kubernetes-models/dist/gen/models/V1alpha2PodGroupTemplate.js';
import type { V1alpha2Workload } from 'kubernetes-models/dist/gen/models/V1alpha2Workload.js';
import type { V1alpha3PoolStatus } from 'kubernetes-models/dist/gen/models/V1alpha3PoolStatus.js';
import type { V1alpha3ResourcePoolStatusRequest } from 'kubernetes-models/dist/gen/models/V1alpha3ResourcePoolStatusRequest.js';
import type { V1beta1ClusterTrustBundle } from 'kubernetes-models/dist/gen/models/V1beta1ClusterTrustBundle.js';
import type { V1beta1LeaseCandidate } from 'kubernetes-models/dist/gen/models/V1beta1LeaseCandidate.js';
import type { V1beta1PodCertificateRequest } from 'kubernetes-models/dist/gen/models/V1beta1PodCertificateRequest.js';
import type { V1beta1StorageVersionMigration } from 'kubernetes-models/dist/gen/models/V1beta1StorageVersionMigration.js';
import type { V1beta2DeviceTaintRule } from 'kubernetes-models/dist/gen/models/V1beta2DeviceTaintRule.js';
import type { Wire } from './object.ts';

export type ClusterTrustBundle = Wire<V1beta1ClusterTrustBundle>;
export type DeviceTaintRule = Wire<V1beta2DeviceTaintRule>;
export type LeaseCandidate = Wire<V1beta1LeaseCandidate>;
export type PodCertificateRequest = Wire<V1beta1PodCertificateRequest>;
export type PodGroup = Wire<V1alpha2PodGroup>;
export type PodGroupSchedulingPolicy = Wire<V1alpha2PodGroupSchedulingPolicy>;
export type PodGroupTemplate = Wire<V1alpha2PodGroupTemplate>;
export type PoolStatus = Wire<V1alpha3PoolStatus>;
export type ResourcePoolStatusRequest = Wire<V1alpha3ResourcePoolStatusRequest>;
export type StorageVersion = Wire<V1alpha1StorageVersion>;
export type StorageVersionMigration = Wire<V1beta1StorageVersionMigration>;
export type Workload = Wire<V1alpha2Workload>;
