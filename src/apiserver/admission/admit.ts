// Admission of creates, in Kubernetes' order: what changes the object first, then what may refuse it. Each plugin is one
// pure function of object and snapshot; what must still hold when the object is stored comes back as conditions.
import type { KubeObject, Pod } from '../../api/index.ts';
import type { Condition, Snapshot } from '../../store/index.ts';
import type { Operation } from '../handlers/operation.ts';
import { addDefaultTolerations } from './default-tolerations.ts';
import { requireNamespace } from './namespace-lifecycle.ts';
import { setPriority } from './priority.ts';
import { admitServiceAccount } from './service-account.ts';

export interface Admission {
  /** Part of the commit: what the admission saw must still be so. */
  readonly conditions: readonly Condition[];
}

/** Changes `object` in place. Throws ApiError 403 and 404 for what is not admitted. */
export function admitCreate(operation: Operation, object: KubeObject, snapshot: Snapshot): Admission {
  const { definition, server } = operation;
  const conditions: Condition[] = [];
  if (definition.namespaced) conditions.push(requireNamespace(definition, object, snapshot));
  if (definition.group === '' && definition.kind === 'Pod') {
    const pod = object as Pod;
    conditions.push(...admitServiceAccount(definition, pod, snapshot, () => server.options.random.uint32()));
    addDefaultTolerations(pod);
    setPriority(definition, pod);
  }
  return { conditions };
}
