// Every version behind a feature gate, and the feature that guards it: within a group the stabler and newer before the
// others, as discovery prefers them. Versions of one kind are views of one stored form: the stable one where there is one,
// the newest otherwise.
import type { ResourceDefinition } from '../../definition.ts';
import type { Feature } from '../../features/gates.ts';
import { MUTATING_ADMISSION_POLICIES } from '../admissionregistration.k8s.io/mutatingadmissionpolicies.ts';
import { MUTATING_ADMISSION_POLICY_BINDINGS } from '../admissionregistration.k8s.io/mutatingadmissionpolicybindings.ts';
import { IP_ADDRESSES } from '../networking.k8s.io/ipaddresses.ts';
import { SERVICE_CIDRS } from '../networking.k8s.io/servicecidrs.ts';
import { DEVICE_CLASSES } from '../resource.k8s.io/deviceclasses.ts';
import { RESOURCE_CLAIMS } from '../resource.k8s.io/resourceclaims.ts';
import { RESOURCE_CLAIM_TEMPLATES } from '../resource.k8s.io/resourceclaimtemplates.ts';
import { RESOURCE_SLICES } from '../resource.k8s.io/resourceslices.ts';
import { VOLUME_ATTRIBUTES_CLASSES } from '../storage.k8s.io/volumeattributesclasses.ts';
import { CLUSTER_TRUST_BUNDLES } from './clustertrustbundles.ts';
import { DEVICE_TAINT_RULES } from './devicetaintrules.ts';
import { LEASE_CANDIDATES } from './leasecandidates.ts';
import { POD_CERTIFICATE_REQUESTS } from './podcertificaterequests.ts';
import { RESOURCE_POOL_STATUS_REQUESTS } from './resourcepoolstatusrequests.ts';
import { STORAGE_VERSION_MIGRATIONS } from './storageversionmigrations.ts';
import { STORAGE_VERSIONS } from './storageversions.ts';
import { CLAIM_CONVERSION, SLICE_CONVERSION, TEMPLATE_CONVERSION } from './v1beta1-devices.ts';
import { viewAt } from './view.ts';
import { POD_GROUPS, WORKLOADS } from './workloads.ts';

export interface GatedResource {
  readonly feature: Feature;
  readonly definition: ResourceDefinition;
}

export const GATED_RESOURCES: readonly GatedResource[] = [
  { feature: 'MultiCIDRServiceAllocator', definition: viewAt(IP_ADDRESSES, 'v1beta1') },
  { feature: 'MultiCIDRServiceAllocator', definition: viewAt(SERVICE_CIDRS, 'v1beta1') },
  { feature: 'ClusterTrustBundle', definition: CLUSTER_TRUST_BUNDLES },
  { feature: 'PodCertificateRequest', definition: POD_CERTIFICATE_REQUESTS },
  { feature: 'ClusterTrustBundle', definition: viewAt(CLUSTER_TRUST_BUNDLES, 'v1alpha1') },
  { feature: 'MutatingAdmissionPolicy', definition: viewAt(MUTATING_ADMISSION_POLICIES, 'v1beta1') },
  { feature: 'MutatingAdmissionPolicy', definition: viewAt(MUTATING_ADMISSION_POLICY_BINDINGS, 'v1beta1') },
  { feature: 'MutatingAdmissionPolicy', definition: viewAt(MUTATING_ADMISSION_POLICIES, 'v1alpha1') },
  { feature: 'MutatingAdmissionPolicy', definition: viewAt(MUTATING_ADMISSION_POLICY_BINDINGS, 'v1alpha1') },
  { feature: 'CoordinatedLeaderElection', definition: LEASE_CANDIDATES },
  { feature: 'CoordinatedLeaderElection', definition: viewAt(LEASE_CANDIDATES, 'v1alpha2') },
  { feature: 'VolumeAttributesClass', definition: viewAt(VOLUME_ATTRIBUTES_CLASSES, 'v1beta1') },
  { feature: 'DynamicResourceAllocation', definition: viewAt(DEVICE_CLASSES, 'v1beta2') },
  { feature: 'DRADeviceTaintRules', definition: DEVICE_TAINT_RULES },
  { feature: 'DynamicResourceAllocation', definition: viewAt(RESOURCE_CLAIMS, 'v1beta2') },
  { feature: 'DynamicResourceAllocation', definition: viewAt(RESOURCE_CLAIM_TEMPLATES, 'v1beta2') },
  { feature: 'DynamicResourceAllocation', definition: viewAt(RESOURCE_SLICES, 'v1beta2') },
  { feature: 'DynamicResourceAllocation', definition: viewAt(DEVICE_CLASSES, 'v1beta1') },
  { feature: 'DynamicResourceAllocation', definition: viewAt(RESOURCE_CLAIMS, 'v1beta1', CLAIM_CONVERSION) },
  {
    feature: 'DynamicResourceAllocation',
    definition: viewAt(RESOURCE_CLAIM_TEMPLATES, 'v1beta1', TEMPLATE_CONVERSION),
  },
  { feature: 'DynamicResourceAllocation', definition: viewAt(RESOURCE_SLICES, 'v1beta1', SLICE_CONVERSION) },
  { feature: 'DRADeviceTaintRules', definition: viewAt(DEVICE_TAINT_RULES, 'v1alpha3') },
  { feature: 'DRAResourcePoolStatus', definition: RESOURCE_POOL_STATUS_REQUESTS },
  { feature: 'GenericWorkload', definition: POD_GROUPS },
  { feature: 'GenericWorkload', definition: WORKLOADS },
  { feature: 'StorageVersionAPI', definition: STORAGE_VERSIONS },
  { feature: 'StorageVersionMigrator', definition: STORAGE_VERSION_MIGRATIONS },
];
