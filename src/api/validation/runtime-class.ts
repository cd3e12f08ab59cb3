// The rules of runtime classes: a handler that nodes can be configured by, an overhead that pods can have.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, invalid } from '../field-error.ts';
import { equalJson } from '../json.ts';
import type { RuntimeClass } from '../types.ts';
import { validateLabels } from './labels.ts';
import { dns1123LabelProblems } from './names.ts';
import { validateTolerations } from './pod.ts';
import { validateResources } from './resources.ts';

const NO_CLAIMS: ReadonlySet<string> = new Set();

export function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = dns1123LabelProblems(handler ?? '').map((problem) => invalid('handler', handler ?? '', problem));
  if (overhead !== undefined)
    addFindings(errors, validateResources({ limits: overhead.podFixed ?? {} }, 'overhead', NO_CLAIMS));
  if (scheduling === undefined) return errors;
  const { nodeSelector, tolerations = [] } = scheduling;
  addFindings(errors, validateLabels(nodeSelector, 'scheduling.nodeSelector'));
  addFindings(errors, validateTolerations(tolerations, 'scheduling.tolerations'));
  for (const [index, toleration] of tolerations.entries()) {
    if (tolerations.slice(0, index).some((earlier) => equalJson(earlier, toleration)))
      errors.push(duplicate(`scheduling.tolerations[${index}]`, toleration));
  }
  return errors;
}

export function validateRuntimeClassUpdate({ handler }: RuntimeClass, { handler: old }: RuntimeClass): FieldError[] {
  return handler === old ? [] : [invalid('handler', handler, 'field is immutable')];
}
