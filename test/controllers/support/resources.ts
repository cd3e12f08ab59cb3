// What the fake API serves.
import type { KubeObject } from '../../../src/api/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  type ResourceRef,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../../src/client/index.ts';

export const RESOURCES: readonly ResourceRef<KubeObject>[] = [
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
] as unknown as readonly ResourceRef<KubeObject>[];
