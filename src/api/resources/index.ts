// Every resource that is served, in the order of discovery: the core group first.
import type { ResourceDefinition } from '../definition.ts';
import { MUTATING_ADMISSION_POLICIES } from './admissionregistration.k8s.io/mutatingadmissionpolicies.ts';
import { MUTATING_ADMISSION_POLICY_BINDINGS } from './admissionregistration.k8s.io/mutatingadmissionpolicybindings.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS } from './admissionregistration.k8s.io/mutatingwebhookconfigurations.ts';
import { VALIDATING_ADMISSION_POLICIES } from './admissionregistration.k8s.io/validatingadmissionpolicies.ts';
import { VALIDATING_ADMISSION_POLICY_BINDINGS } from './admissionregistration.k8s.io/validatingadmissionpolicybindings.ts';
import { VALIDATING_WEBHOOK_CONFIGURATIONS } from './admissionregistration.k8s.io/validatingwebhookconfigurations.ts';
import { CONTROLLER_REVISIONS } from './apps/controllerrevisions.ts';
import { DAEMON_SETS } from './apps/daemonsets.ts';
import { DEPLOYMENTS } from './apps/deployments.ts';
import { REPLICA_SETS } from './apps/replicasets.ts';
import { STATEFUL_SETS } from './apps/statefulsets.ts';
import { SELF_SUBJECT_REVIEWS } from './authentication.k8s.io/selfsubjectreviews.ts';
import { TOKEN_REVIEWS } from './authentication.k8s.io/tokenreviews.ts';
import { LOCAL_SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/localsubjectaccessreviews.ts';
import { SELF_SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/selfsubjectaccessreviews.ts';
import { SELF_SUBJECT_RULES_REVIEWS } from './authorization.k8s.io/selfsubjectrulesreviews.ts';
import { SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/subjectaccessreviews.ts';
import { AUTOSCALERS } from './autoscaling/horizontalpodautoscalers.ts';
import { AUTOSCALERS_V1 } from './autoscaling/v1-horizontalpodautoscalers.ts';
import { CRON_JOBS } from './batch/cronjobs.ts';
import { JOBS } from './batch/jobs.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from './certificates.k8s.io/certificatesigningrequests.ts';
import { LEASES } from './coordination.k8s.io/leases.ts';
import { BINDINGS } from './core/bindings.ts';
import { COMPONENT_STATUSES } from './core/componentstatuses.ts';
import { CONFIG_MAPS } from './core/configmaps.ts';
import { ENDPOINTS } from './core/endpoints.ts';
import { CORE_EVENTS } from './core/events.ts';
import { LIMIT_RANGES } from './core/limitranges.ts';
import { NAMESPACES } from './core/namespaces.ts';
import { NODES } from './core/nodes.ts';
import { PERSISTENT_VOLUME_CLAIMS } from './core/persistentvolumeclaims.ts';
import { PERSISTENT_VOLUMES } from './core/persistentvolumes.ts';
import { PODS } from './core/pods.ts';
import { POD_TEMPLATES } from './core/podtemplates.ts';
import { REPLICATION_CONTROLLERS } from './core/replicationcontrollers.ts';
import { RESOURCE_QUOTAS } from './core/resourcequotas.ts';
import { SECRETS } from './core/secrets.ts';
import { SERVICE_ACCOUNTS } from './core/serviceaccounts.ts';
import { SERVICES } from './core/services.ts';
import { ENDPOINT_SLICES } from './discovery.k8s.io/endpointslices.ts';
import { EVENTS } from './events.k8s.io/events.ts';
import { FLOW_SCHEMAS } from './flowcontrol.apiserver.k8s.io/flowschemas.ts';
import { PRIORITY_LEVEL_CONFIGURATIONS } from './flowcontrol.apiserver.k8s.io/prioritylevelconfigurations.ts';
import { INGRESS_CLASSES } from './networking.k8s.io/ingressclasses.ts';
import { INGRESSES } from './networking.k8s.io/ingresses.ts';
import { IP_ADDRESSES } from './networking.k8s.io/ipaddresses.ts';
import { NETWORK_POLICIES } from './networking.k8s.io/networkpolicies.ts';
import { SERVICE_CIDRS } from './networking.k8s.io/servicecidrs.ts';
import { RUNTIME_CLASSES } from './node.k8s.io/runtimeclasses.ts';
import { POD_DISRUPTION_BUDGETS } from './policy/poddisruptionbudgets.ts';
import { CLUSTER_ROLE_BINDINGS } from './rbac.authorization.k8s.io/clusterrolebindings.ts';
import { CLUSTER_ROLES } from './rbac.authorization.k8s.io/clusterroles.ts';
import { ROLE_BINDINGS } from './rbac.authorization.k8s.io/rolebindings.ts';
import { ROLES } from './rbac.authorization.k8s.io/roles.ts';
import { DEVICE_CLASSES } from './resource.k8s.io/deviceclasses.ts';
import { RESOURCE_CLAIMS } from './resource.k8s.io/resourceclaims.ts';
import { RESOURCE_CLAIM_TEMPLATES } from './resource.k8s.io/resourceclaimtemplates.ts';
import { RESOURCE_SLICES } from './resource.k8s.io/resourceslices.ts';
import { PRIORITY_CLASSES } from './scheduling.k8s.io/priorityclasses.ts';
import { CSI_DRIVERS } from './storage.k8s.io/csidrivers.ts';
import { CSI_NODES } from './storage.k8s.io/csinodes.ts';
import { CSI_STORAGE_CAPACITIES } from './storage.k8s.io/csistoragecapacities.ts';
import { STORAGE_CLASSES } from './storage.k8s.io/storageclasses.ts';
import { VOLUME_ATTACHMENTS } from './storage.k8s.io/volumeattachments.ts';
import { VOLUME_ATTRIBUTES_CLASSES } from './storage.k8s.io/volumeattributesclasses.ts';

export const RESOURCES: readonly ResourceDefinition[] = [
  BINDINGS,
  COMPONENT_STATUSES,
  CONFIG_MAPS,
  ENDPOINTS,
  CORE_EVENTS,
  LIMIT_RANGES,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  POD_TEMPLATES,
  REPLICATION_CONTROLLERS,
  RESOURCE_QUOTAS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  EVENTS,
  TOKEN_REVIEWS,
  SELF_SUBJECT_REVIEWS,
  LOCAL_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_RULES_REVIEWS,
  SUBJECT_ACCESS_REVIEWS,
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  DEPLOYMENTS,
  REPLICA_SETS,
  STATEFUL_SETS,
  // The preferred version of a group comes first.
  AUTOSCALERS,
  AUTOSCALERS_V1,
  CRON_JOBS,
  JOBS,
  CERTIFICATE_SIGNING_REQUESTS,
  INGRESS_CLASSES,
  INGRESSES,
  IP_ADDRESSES,
  NETWORK_POLICIES,
  SERVICE_CIDRS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  ROLE_BINDINGS,
  ROLES,
  MUTATING_ADMISSION_POLICIES,
  MUTATING_ADMISSION_POLICY_BINDINGS,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  LEASES,
  CSI_DRIVERS,
  CSI_NODES,
  CSI_STORAGE_CAPACITIES,
  STORAGE_CLASSES,
  VOLUME_ATTACHMENTS,
  VOLUME_ATTRIBUTES_CLASSES,
  ENDPOINT_SLICES,
  DEVICE_CLASSES,
  RESOURCE_CLAIMS,
  RESOURCE_CLAIM_TEMPLATES,
  RESOURCE_SLICES,
  POD_DISRUPTION_BUDGETS,
  RUNTIME_CLASSES,
  PRIORITY_CLASSES,
  FLOW_SCHEMAS,
  PRIORITY_LEVEL_CONFIGURATIONS,
];
