// The rules of replication controllers: those of replica sets, for a selector that is a plain map of labels.
import type { FieldError } from '../definition.ts';
import { addFindings, required } from '../field-error.ts';
import type { ReplicationController } from '../types.ts';
import { notNegative } from './numbers.ts';
import { validateRunningTemplate, validateSelection } from './template.ts';

const KIND = 'ReplicationController';

export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const errors = notNegative(spec?.minReadySeconds, 'spec.minReadySeconds');
  const selector = spec?.selector ?? {};
  const isEmpty = Object.keys(selector).length === 0;
  if (isEmpty) errors.push(required('spec.selector'));
  addFindings(errors, notNegative(spec?.replicas, 'spec.replicas'));
  if (spec?.template === undefined) return [...errors, required('spec.template')];
  if (!isEmpty) addFindings(errors, validateSelection({ matchLabels: selector }, spec.template));
  addFindings(errors, validateRunningTemplate(spec.template, KIND));
  return errors;
}
