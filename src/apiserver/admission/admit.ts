// Admission, in Kubernetes' order: plugins that change the object before it is validated, then those that may only refuse
// it. Which of them concern a resource is found out once, so that the others cost a request nothing.
import { qualifiedResource, type ResourceDefinition } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import { CERTIFICATE_SUBJECT } from './certificate-subject.ts';
import { DEFAULT_TOLERATIONS } from './default-tolerations.ts';
import { DEFAULT_INGRESS_CLASS } from './ingress-class.ts';
import { LIMIT_RANGER, LIMIT_RANGER_DEFAULTS } from './limit-ranger.ts';
import { NAMESPACE_LIFECYCLE } from './namespace-lifecycle.ts';
import type { Admission, AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { PRIORITY } from './priority.ts';
import { PRIORITY_CLASS } from './priority-class.ts';
import { RESOURCE_QUOTA } from './resource-quota.ts';
import { RUNTIME_CLASS } from './runtime-class.ts';
import { SERVICE_ACCOUNT } from './service-account.ts';
import { DEFAULT_STORAGE_CLASS, VOLUME_CLAIM_RESIZE } from './storage-class.ts';
import { STORAGE_PROTECTION } from './storage-protection.ts';

const MUTATING: readonly AdmissionPlugin[] = [
  NAMESPACE_LIFECYCLE,
  LIMIT_RANGER_DEFAULTS,
  SERVICE_ACCOUNT,
  PRIORITY,
  DEFAULT_TOLERATIONS,
  DEFAULT_STORAGE_CLASS,
  STORAGE_PROTECTION,
  RUNTIME_CLASS,
  DEFAULT_INGRESS_CLASS,
];

const VALIDATING: readonly AdmissionPlugin[] = [
  LIMIT_RANGER,
  PRIORITY_CLASS,
  VOLUME_CLAIM_RESIZE,
  CERTIFICATE_SUBJECT,
  // Last: what is charged has passed everything else.
  RESOURCE_QUOTA,
];

interface Plugins {
  readonly create: readonly AdmissionPlugin[];
  readonly update: readonly AdmissionPlugin[];
}

const mutatingFor = oncePer((definition: ResourceDefinition) => pluginsFor(definition, MUTATING));
const validatingFor = oncePer((definition: ResourceDefinition) => pluginsFor(definition, VALIDATING));

function pluginsFor(definition: ResourceDefinition, plugins: readonly AdmissionPlugin[]): Plugins {
  const resource = qualifiedResource(definition);
  const concerned = plugins.filter(({ of }) => (of === 'namespaced' ? definition.namespaced : of.includes(resource)));
  const on = (write: 'create' | 'update'): AdmissionPlugin[] => concerned.filter((plugin) => plugin.on.includes(write));
  return { create: on('create'), update: on('update') };
}

/** Changes request.object in place. Throws ApiError 403 and 404 for what is not admitted. */
export function admit(request: AdmissionRequest): Admission {
  const admission: Admission = { conditions: [], writes: [] };
  run(mutatingFor(request.operation.definition), request, admission);
  return admission;
}

/** What is left to refuse when the object is complete and valid; adds to the admission. Throws ApiError 403. */
export function review(request: AdmissionRequest, admission: Admission): void {
  run(validatingFor(request.operation.definition), request, admission);
}

function run({ create, update }: Plugins, request: AdmissionRequest, admission: Admission): void {
  for (const plugin of request.old === undefined ? create : update) plugin.admit(request, admission);
}
