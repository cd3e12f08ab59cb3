// Forms that the published type maps do not tell apart from plain strings: quantities, base64 bytes in maps, and
// objects of any content. By public type name and field; kept short, because only these exist.

const AUTOSCALING = 'io.k8s.api.autoscaling.v2';
const CORE = 'io.k8s.api.core.v1';
const RESOURCE = 'io.k8s.api.resource.v1';
const NODE = 'io.k8s.api.node.v1';

/** Fields that are a quantity, or a map or list of quantities. */
export const QUANTITY_FIELDS: Readonly<Record<string, readonly string[]>> = {
  [`${AUTOSCALING}.HPAScalingRules`]: ['tolerance'],
  [`${AUTOSCALING}.MetricTarget`]: ['averageValue', 'value'],
  [`${AUTOSCALING}.MetricValueStatus`]: ['averageValue', 'value'],
  [`${CORE}.ContainerStatus`]: ['allocatedResources'],
  [`${CORE}.EmptyDirVolumeSource`]: ['sizeLimit'],
  [`${CORE}.LimitRangeItem`]: ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'],
  [`${CORE}.NodeAllocatableMappedResources`]: ['quantity'],
  [`${CORE}.NodeAllocatableOverheadResources`]: ['perContainer', 'perPod'],
  [`${CORE}.NodeStatus`]: ['allocatable', 'capacity'],
  [`${CORE}.PersistentVolumeClaimStatus`]: ['allocatedResources', 'capacity'],
  [`${CORE}.PersistentVolumeSpec`]: ['capacity'],
  [`${CORE}.PodSpec`]: ['overhead'],
  [`${CORE}.PodStatus`]: ['allocatedResources'],
  [`${CORE}.ResourceFieldSelector`]: ['divisor'],
  [`${CORE}.ResourceQuotaSpec`]: ['hard'],
  [`${CORE}.ResourceQuotaStatus`]: ['hard', 'used'],
  [`${CORE}.ResourceRequirements`]: ['limits', 'requests'],
  [`${CORE}.VolumeResourceRequirements`]: ['limits', 'requests'],
  [`${RESOURCE}.CapacityRequestPolicy`]: ['default', 'validValues'],
  [`${RESOURCE}.CapacityRequestPolicyRange`]: ['max', 'min', 'step'],
  [`${RESOURCE}.CapacityRequirements`]: ['requests'],
  [`${RESOURCE}.Counter`]: ['value'],
  [`${RESOURCE}.DeviceCapacity`]: ['value'],
  [`${RESOURCE}.DeviceRequestAllocationResult`]: ['consumedCapacity'],
  [`${RESOURCE}.NodeAllocatableResourceMapping`]: ['allocationMultiplier'],
  'io.k8s.api.storage.v1.CSIStorageCapacity': ['capacity', 'maximumVolumeSize'],
  [`${NODE}.Overhead`]: ['podFixed'],
};

/** Fields that are base64 bytes, or a map of them. */
export const BYTES_FIELDS: Readonly<Record<string, readonly string[]>> = {
  [`${CORE}.ConfigMap`]: ['binaryData'],
  [`${CORE}.Secret`]: ['data'],
};
