// CSINodes: which storage drivers a node has, under which id each knows it. Kubelets write them as drivers register.
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, invalid, required } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { CSINode } from '../../types.ts';
import { qualifiedName } from '../../validation/findings.ts';
import { notNegative } from '../../validation/numbers.ts';
import { csiDriverName } from '../../validation/volume-sources.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const CSI_NODES = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
  columns: [
    NAME_COLUMN,
    column<CSINode>('Drivers', ({ spec }) => spec?.drivers?.length ?? 0, { type: 'integer' }),
    AGE_COLUMN,
  ],
  strategy: {
    allowUnconditionalUpdate: false,
    validate: (object) => validateCsiNode(object as CSINode),
    validateUpdate: (object, old) => validateCsiNodeUpdate(object as CSINode, old as CSINode),
  },
});

type Driver = NonNullable<NonNullable<CSINode['spec']>['drivers']>[number];

const NODE_ID_LIMIT = 256;

function validateCsiNode({ spec }: CSINode): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, driver] of (spec?.drivers ?? []).entries()) {
    const at = `spec.drivers[${index}]`;
    addFindings(errors, validateDriver(driver, at));
    if (names.has(driver.name)) errors.push(duplicate(`${at}.name`, driver.name));
    names.add(driver.name);
  }
  return errors;
}

function validateDriver({ name, nodeID, allocatable, topologyKeys = [] }: Driver, at: string): FieldError[] {
  const errors = csiDriverName(name, `${at}.name`);
  if (!nodeID) errors.push(required(`${at}.nodeID`));
  else if (nodeID.length > NODE_ID_LIMIT)
    errors.push(invalid(`${at}.nodeID`, nodeID, `must be ${NODE_ID_LIMIT} characters or less`));
  addFindings(errors, notNegative(allocatable?.count, `${at}.allocatable.count`));
  for (const [index, key] of topologyKeys.entries()) {
    if (key === '') errors.push(required(at));
    if (topologyKeys.indexOf(key) < index) errors.push(duplicate(at, key));
    addFindings(errors, qualifiedName(key, at));
  }
  return errors;
}

/** Drivers come and go, but one that stays is the same; only how many volumes it takes may change. */
function validateCsiNodeUpdate({ spec }: CSINode, { spec: old }: CSINode): FieldError[] {
  const errors: FieldError[] = [];
  const fixed = ({ allocatable: _, ...rest }: Driver): unknown => rest;
  for (const before of old?.drivers ?? []) {
    const driver = spec?.drivers?.find(({ name }) => name === before.name);
    if (driver !== undefined && !equalJson(fixed(driver), fixed(before)))
      errors.push(invalid('spec.drivers', fixed(driver), 'field is immutable'));
  }
  return errors;
}
