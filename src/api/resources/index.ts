// Every resource that is served, in the order of discovery: the core group first.
import type { ResourceDefinition } from '../definition.ts';
import { CONTROLLER_REVISIONS } from './apps/controllerrevisions.ts';
import { DAEMON_SETS } from './apps/daemonsets.ts';
import { DEPLOYMENTS } from './apps/deployments.ts';
import { REPLICA_SETS } from './apps/replicasets.ts';
import { STATEFUL_SETS } from './apps/statefulsets.ts';
import { SELF_SUBJECT_REVIEWS } from './authentication.k8s.io/selfsubjectreviews.ts';
import { TOKEN_REVIEWS } from './authentication.k8s.io/tokenreviews.ts';
import { SELF_SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/selfsubjectaccessreviews.ts';
import { SELF_SUBJECT_RULES_REVIEWS } from './authorization.k8s.io/selfsubjectrulesreviews.ts';
import { SUBJECT_ACCESS_REVIEWS } from './authorization.k8s.io/subjectaccessreviews.ts';
import { AUTOSCALERS } from './autoscaling/horizontalpodautoscalers.ts';
import { AUTOSCALERS_V1 } from './autoscaling/v1-horizontalpodautoscalers.ts';
import { CRON_JOBS } from './batch/cronjobs.ts';
import { JOBS } from './batch/jobs.ts';
import { LEASES } from './coordination.k8s.io/leases.ts';
import { BINDINGS } from './core/bindings.ts';
import { CONFIG_MAPS } from './core/configmaps.ts';
import { ENDPOINTS } from './core/endpoints.ts';
import { CORE_EVENTS } from './core/events.ts';
import { NAMESPACES } from './core/namespaces.ts';
import { NODES } from './core/nodes.ts';
import { PODS } from './core/pods.ts';
import { POD_TEMPLATES } from './core/podtemplates.ts';
import { SECRETS } from './core/secrets.ts';
import { SERVICE_ACCOUNTS } from './core/serviceaccounts.ts';
import { SERVICES } from './core/services.ts';
import { ENDPOINT_SLICES } from './discovery.k8s.io/endpointslices.ts';
import { EVENTS } from './events.k8s.io/events.ts';

export const RESOURCES: readonly ResourceDefinition[] = [
  BINDINGS,
  CONFIG_MAPS,
  ENDPOINTS,
  CORE_EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  POD_TEMPLATES,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  EVENTS,
  TOKEN_REVIEWS,
  SELF_SUBJECT_REVIEWS,
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
  LEASES,
  ENDPOINT_SLICES,
];
