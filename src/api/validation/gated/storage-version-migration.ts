// The rules of storage version migrations: which resource, and a status that goes one way.
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid, required } from '../../field-error.ts';
import type { StorageVersionMigration } from '../../gated-types.ts';
import { validateConditions } from '../conditions.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '../names.ts';

export function validateMigration({ spec }: StorageVersionMigration): FieldError[] {
  const { group = '', resource = '' } = spec?.resource ?? {};
  const at = 'spec.resource';
  const errors =
    resource === ''
      ? [required(`${at}.resource`, 'resource is required to be set')]
      : joined(`${at}.resource`, resource, dns1035LabelProblems(resource));
  if (group !== '') addFindings(errors, joined(`${at}.group`, group, dns1123SubdomainProblems(group)));
  return errors;
}

function joined(at: string, value: string, problems: readonly string[]): FieldError[] {
  return problems.length === 0 ? [] : [invalid(at, value, problems.join(','))];
}

export function validateMigrationStatus(object: StorageVersionMigration, old: StorageVersionMigration): FieldError[] {
  const { resourceVersion = '', conditions = [] } = object.status ?? {};
  const former = old.status?.resourceVersion ?? '';
  const errors: FieldError[] = [];
  const at = 'status.resourceVersion';
  if (resourceVersion !== '' && !/^[1-9]\d*$/.test(resourceVersion))
    errors.push(invalid(at, resourceVersion, `resource version is not well formed: ${resourceVersion}`));
  addFindings(errors, validateConditions(conditions, 'status.conditions'));
  if (former !== '' && former !== resourceVersion) errors.push(invalid(at, resourceVersion, 'field is immutable'));
  const refuse = (detail: string): void => {
    errors.push(invalid('status.conditions', conditions, detail));
  };
  const succeeded = isTrue(object, 'Succeeded');
  const failed = isTrue(object, 'Failed');
  const running = isTrue(object, 'Running');
  if (succeeded && failed) refuse('Both success and failed conditions cannot be true at the same time');
  if (succeeded && running) refuse('Running condition cannot be true when success condition is true');
  if (failed && running) refuse('Running condition cannot be true when failed condition is true');
  if (isTrue(old, 'Succeeded') && !succeeded) refuse('Success condition cannot be set to false once it is true');
  if (isTrue(old, 'Failed') && !failed) refuse('Failed condition cannot be set to false once it is true');
  return errors;
}

function isTrue({ status }: StorageVersionMigration, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}
