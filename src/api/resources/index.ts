// Every resource that is served, in the order of discovery: the core group first.
import type { ResourceDefinition } from '../definition.ts';
import { DEPLOYMENTS } from './apps/deployments.ts';
import { REPLICA_SETS } from './apps/replicasets.ts';
import { SELF_SUBJECT_REVIEWS } from './authentication.k8s.io/selfsubjectreviews.ts';
import { TOKEN_REVIEWS } from './authentication.k8s.io/tokenreviews.ts';
import { SELF_SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/selfsubjectaccessreviews.ts';
import { SELF_SUBJECT_RULES_REVIEWS } from './authorization.k8s.io/selfsubjectrulesreviews.ts';
import { SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/subjectaccessreviews.ts';
import { LEASES } from './coordination.k8s.io/leases.ts';
import { BINDINGS } from './core/bindings.ts';
import { CONFIG_MAPS } from './core/configmaps.ts';
import { ENDPOINTS } from './core/endpoints.ts';
import { CORE_EVENTS } from './core/events.ts';
import { NAMESPACES } from './core/namespaces.ts';
import { NODES } from './core/nodes.ts';
import { PODS } from './core/pods.ts';
import { SECRETS } from './core/secrets.ts';
import { SERVICE_ACCOUNTS } from './core/serviceaccounts.ts';
import { SERVICES } from './core/services.ts';
import { ENDPOINT_SLICES } from './discovery.k8s.io/endpointslices.ts';
import { EVENTS } from './events.k8s.io/events.ts';
import { FLOW_SCHEMAS } from './flowcontrol.apiserver.k8s.io/flowschemas.ts';
import { PRIORITY_LEVEL_CONFIGURATIONS } from './flowcontrol.apiserver.k8s.io/prioritylevelconfigurations.ts';

export const RESOURCES: readonly ResourceDefinition[] = [
  BINDINGS,
  CONFIG_MAPS,
  ENDPOINTS,
  CORE_EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  EVENTS,
  TOKEN_REVIEWS,
  SELF_SUBJECT_REVIEWS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_RULES_REVIEWS,
  SUBJECT_ACCESS_REVIEWS,
  DEPLOYMENTS,
  REPLICA_SETS,
  LEASES,
  ENDPOINT_SLICES,
  FLOW_SCHEMAS,
  PRIORITY_LEVEL_CONFIGURATIONS,
];
