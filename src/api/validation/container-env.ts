// The rules of a container's environment: names, and where the values of variables come from.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, problemsAt, required } from '../field-error.ts';
import type { EnvFromSource, EnvVar } from '../types.ts';
import { dnsSubdomain, present } from './findings.ts';
import { configKeyProblems, envVarNameProblems } from './names.ts';
import { localPath } from './paths.ts';
import { fieldRef, resourceFieldRef } from './projected-volume.ts';

const DOWNWARD_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

type ValueFrom = NonNullable<EnvVar['valueFrom']>;

export function validateEnv(variables: readonly EnvVar[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { name, value, valueFrom }] of variables.entries()) {
    const place = `${at}[${index}]`;
    addFindings(
      errors,
      name ? problemsAt(`${place}.name`, name, envVarNameProblems(name)) : [required(`${place}.name`)],
    );
    if (valueFrom !== undefined) addFindings(errors, validateSource(valueFrom, value, `${place}.valueFrom`));
  }
  return errors;
}

function validateSource(valueFrom: ValueFrom, value: string | undefined, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { fieldRef: field, resourceFieldRef: resource, fileKeyRef } = valueFrom;
  if (field !== undefined) addFindings(errors, fieldRef(field, `${at}.fieldRef`, DOWNWARD_FIELDS));
  if (resource !== undefined) addFindings(errors, resourceFieldRef(resource, `${at}.resourceFieldRef`, 'optional'));
  for (const source of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const reference = valueFrom[source];
    if (reference === undefined) continue;
    const { name = '', key } = reference;
    addFindings(errors, name ? dnsSubdomain(name, `${at}.${source}.name`) : [required(`${at}.${source}.name`)]);
    const place = `${at}.${source}.key`;
    addFindings(errors, key ? problemsAt(place, key, configKeyProblems(key)) : [required(place)]);
  }
  if (fileKeyRef !== undefined) addFindings(errors, validateFileKey(fileKeyRef, `${at}.fileKeyRef`));
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  if (sources === 0) {
    const detail = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalid(at, '', detail));
  } else if (value) errors.push(invalid(at, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
  return errors;
}

/** A line of a file in a volume of the pod. */
function validateFileKey({ key, path, volumeName }: NonNullable<ValueFrom['fileKeyRef']>, at: string): FieldError[] {
  return [
    ...(key ? problemsAt(`${at}.key`, key, envVarNameProblems(key)) : [required(`${at}.key`)]),
    ...present(volumeName, `${at}.volumeName`),
    ...(path ? localPath(path, `${at}.path`) : [required(`${at}.path`)]),
  ];
}

export function validateEnvFrom(sources: readonly EnvFromSource[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const place = `${at}[${index}]`;
    if (prefix) addFindings(errors, problemsAt(`${place}.prefix`, prefix, envVarNameProblems(prefix)));
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
    }
    for (const [field, reference] of Object.entries({ configMapRef, secretRef })) {
      if (reference === undefined) continue;
      const name = reference.name ?? '';
      addFindings(errors, name ? dnsSubdomain(name, `${place}.${field}.name`) : [required(`${place}.${field}.name`)]);
    }
  }
  return errors;
}
