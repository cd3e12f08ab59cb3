// Admission of creates, in Kubernetes' order: what changes the object first, then what may refuse it. Each plugin is one
// pure function of object and snapshot; what must still hold when the object is stored comes back as conditions.
import type { KubeObject, PersistentVolumeClaim, Pod } from '../../api/index.ts';
import type { Condition, Snapshot } from '../../store/index.ts';
import type { Operation } from '../handlers/operation.ts';
import { addDefaultTolerations } from './default-tolerations.ts';
import { requireNamespace } from './namespace-lifecycle.ts';
import { setPriority } from './priority.ts';
import { admitServiceAccount } from './service-account.ts';
import { checkResize, setDefaultClass } from './storage-class.ts';
import { protectStorage } from './storage-protection.ts';

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
  if (definition.group === '' && definition.kind.startsWith('PersistentVolume')) {
    protectStorage(object, definition.kind);
    if (definition.kind === 'PersistentVolumeClaim') setDefaultClass(object as PersistentVolumeClaim, snapshot);
  }
  return { conditions };
}

/** Admission of an update that validation has accepted. Throws ApiError 403. */
export function admitUpdate(operation: Operation, object: KubeObject, old: KubeObject, snapshot: Snapshot): void {
  const { definition } = operation;
  if (definition.group === '' && definition.kind === 'PersistentVolumeClaim')
    checkResize(definition, object as PersistentVolumeClaim, old as PersistentVolumeClaim, snapshot);
}
