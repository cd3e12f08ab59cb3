// PriorityClass: at most one class is the default of the cluster. A record beside the classes is written with each that
// becomes the default, on the condition that it is as it was read: of two that would be at once, the second looks again.
import { forbiddenError, type PriorityClass } from '../../api/index.ts';
import { type Snapshot, storeKey } from '../../store/index.ts';
import { internalEnvelope } from '../storage/codec.ts';
import type { Admission, AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { type Found, findAll } from './stored-objects.ts';

export const PRIORITY_CLASSES = 'priorityclasses.scheduling.k8s.io';
const DEFAULT_RECORD = storeKey('~priorityclasses', '', 'default');

export const PRIORITY_CLASS: AdmissionPlugin = {
  of: [PRIORITY_CLASSES],
  on: ['create', 'update'],
  admit: allowOneDefault,
};

function allowOneDefault({ operation, object, old, snapshot }: AdmissionRequest, admission: Admission): void {
  if ((object as PriorityClass).globalDefault !== true) return;
  const name = object.metadata?.name ?? '';
  const other = defaultClass(snapshot)?.object.metadata?.name;
  if (other !== undefined && (old === undefined || other !== name)) {
    const why = `PriorityClass ${other} is already marked as default. Only one default can exist`;
    throw forbiddenError(operation.definition, name, why);
  }
  if (other === name) return;
  const record = snapshot.get(DEFAULT_RECORD);
  admission.conditions.push(
    record === undefined
      ? { kind: 'absent', key: DEFAULT_RECORD }
      : { kind: 'revision', key: DEFAULT_RECORD, revision: record.revision },
  );
  admission.writes.push({ kind: 'put', key: DEFAULT_RECORD, envelope: internalEnvelope({ class: name }) });
}

/** Of several (older clusters may have them) the lowest. */
export function defaultClass(snapshot: Snapshot): Found<PriorityClass> | undefined {
  let lowest: Found<PriorityClass> | undefined;
  for (const found of findAll<PriorityClass>(snapshot, PRIORITY_CLASSES, '')) {
    if (found.object.globalDefault !== true) continue;
    if (lowest === undefined || (found.object.value ?? 0) < (lowest.object.value ?? 0)) lowest = found;
  }
  return lowest;
}
