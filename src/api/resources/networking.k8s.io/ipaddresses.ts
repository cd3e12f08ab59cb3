// IP addresses that are taken, each named after itself, and what took them.
import type { IPAddress } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid, problemsAt, required } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import { ipProblems } from '../../validation/ip.ts';
import { dns1123SubdomainProblems, pathSegmentProblems } from '../../validation/names.ts';
import { column, defineResource, NAME_COLUMN } from '../define.ts';

export const IP_ADDRESSES = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ipaddresses',
  kind: 'IPAddress',
  namespaced: false,
  shortNames: ['ip'],
  columns: [NAME_COLUMN, column<IPAddress>('ParentRef', parentText)],
  strategy: {
    nameRule: 'pathSegment',
    validate: (object) => validateIpAddress(object as IPAddress),
    validateUpdate(object, old) {
      const parent = (object as IPAddress).spec?.parentRef;
      return equalJson(parent, (old as IPAddress).spec?.parentRef)
        ? []
        : [invalid('spec.parentRef', parent, 'field is immutable')];
    },
  },
});

function parentText({ spec }: IPAddress): string {
  if (spec?.parentRef === undefined) return '<none>';
  const { group, resource, namespace, name } = spec.parentRef;
  const type = `${resource}${group ? `.${group}` : ''}`.toLowerCase();
  return [type, ...(namespace ? [namespace] : []), name].join('/');
}

function validateIpAddress({ metadata, spec }: IPAddress): FieldError[] {
  const { name = '' } = metadata ?? {};
  const errors = name === '' ? [] : problemsAt('metadata.name', name, ipProblems(name));
  const parent = spec?.parentRef;
  if (parent === undefined) return [...errors, required('spec.parentRef')];
  const at = 'spec.parentRef';
  if (parent.group)
    addFindings(errors, problemsAt(`${at}.group`, parent.group, dns1123SubdomainProblems(parent.group)));
  for (const field of ['resource', 'name'] as const) {
    const value = parent[field];
    if (!value) errors.push(required(`${at}.${field}`));
    else addFindings(errors, problemsAt(`${at}.${field}`, value, pathSegmentProblems(value)));
  }
  if (parent.namespace)
    addFindings(errors, problemsAt(`${at}.namespace`, parent.namespace, pathSegmentProblems(parent.namespace)));
  return errors;
}
