// The rules of metadata, the same for every kind: on creation, and what an update may not change.
import { goTexts } from '../../lib/index.ts';
import type { FieldError, ResourceDefinition, Strategy } from '../definition.ts';
import { addFindings, forbidden, invalid, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import type { ObjectMeta } from '../object.ts';
import { labelKeyProblems, validateAnnotations, validateLabels } from './labels.ts';
import { validateManagedFields } from './managed-fields.ts';
import { dns1035LabelProblems, dns1123LabelProblems, dns1123SubdomainProblems, pathSegmentProblems } from './names.ts';

const NAME_RULES: Readonly<Record<Strategy['nameRule'], (name: string) => string[]>> = {
  dns1123Subdomain: dns1123SubdomainProblems,
  dns1123Label: dns1123LabelProblems,
  dns1035Label: dns1035LabelProblems,
  pathSegment: pathSegmentProblems,
};

const PATH = 'metadata';

export function validateMetadata(metadata: ObjectMeta, definition: ResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const check = NAME_RULES[definition.strategy.nameRule];
  if (metadata.generateName !== undefined && metadata.generateName !== '') {
    // A prefix may end where a name may not: the suffix follows.
    const stem = metadata.generateName.replace(/-$/, 'a');
    addFindings(
      errors,
      check(stem).map((problem) => invalid(`${PATH}.generateName`, metadata.generateName, problem)),
    );
  }
  if (metadata.name === undefined || metadata.name === '') {
    errors.push(required(`${PATH}.name`, 'name or generateName is required'));
  } else {
    addFindings(
      errors,
      check(metadata.name).map((problem) => invalid(`${PATH}.name`, metadata.name, problem)),
    );
  }
  addFindings(errors, validateNamespace(metadata.namespace ?? '', definition.namespaced));
  return [...errors, ...validateMutableMetadata(metadata)];
}

function validateNamespace(namespace: string, namespaced: boolean): FieldError[] {
  if (!namespaced) return namespace === '' ? [] : [forbidden(`${PATH}.namespace`, 'not allowed on this type')];
  if (namespace === '') return [required(`${PATH}.namespace`)];
  return dns1123LabelProblems(namespace).map((problem) => invalid(`${PATH}.namespace`, namespace, problem));
}

function validateMutableMetadata(metadata: ObjectMeta): FieldError[] {
  const errors = validateLabels(metadata.labels, `${PATH}.labels`);
  addFindings(errors, validateAnnotations(metadata.annotations, `${PATH}.annotations`));
  addFindings(errors, validateOwners(metadata.ownerReferences ?? []));
  addFindings(errors, validateManagedFields(metadata.managedFields, `${PATH}.managedFields`));
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    const at = `${PATH}.finalizers[${index}]`;
    addFindings(
      errors,
      labelKeyProblems(finalizer).map((problem) => invalid(at, finalizer, problem)),
    );
  }
  return errors;
}

function validateOwners(owners: NonNullable<ObjectMeta['ownerReferences']>): FieldError[] {
  const errors: FieldError[] = [];
  const controllers: string[] = [];
  for (const [index, owner] of owners.entries()) {
    const at = `${PATH}.ownerReferences[${index}]`;
    if (!owner.apiVersion)
      errors.push(invalid(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'));
    if (!owner.kind) errors.push(invalid(`${at}.kind`, owner.kind ?? '', 'kind must not be empty'));
    if (!owner.name) errors.push(invalid(`${at}.name`, owner.name ?? '', 'name must not be empty'));
    if (!owner.uid) errors.push(invalid(`${at}.uid`, owner.uid ?? '', 'uid must not be empty'));
    if (owner.kind === 'Event' && (owner.apiVersion === 'v1' || owner.apiVersion === 'events.k8s.io/v1')) {
      errors.push(invalid(at, owner, `${owner.apiVersion}, Kind=Event is disallowed from being an owner`));
    }
    if (owner.controller === true) controllers.push(owner.name);
  }
  if (controllers.length > 1) {
    errors.push(
      invalid(
        `${PATH}.ownerReferences`,
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]} and ${controllers[1]}`,
      ),
    );
  }
  return errors;
}

const IMMUTABLE: readonly (keyof ObjectMeta)[] = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

export function validateMetadataUpdate(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of IMMUTABLE) {
    if (!equalJson(metadata[field], old[field]))
      errors.push(invalid(`${PATH}.${field}`, metadata[field], 'field is immutable'));
  }
  if (old.deletionTimestamp !== undefined) {
    const known = new Set(old.finalizers);
    const added = (metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
    if (added.length > 0) {
      errors.push(
        forbidden(
          `${PATH}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers ${goTexts(added)}`,
        ),
      );
    }
  }
  return [...errors, ...validateMutableMetadata(metadata)];
}
