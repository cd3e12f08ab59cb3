// events.k8s.io/v1: the newer shape of events. They are stored as core events; the two shapes differ in names only.
import type { FieldError } from '../../definition.ts';
import { invalid, required } from '../../field-error.ts';
import type { KubeObject } from '../../object.ts';
import type { CoreEvent, Event } from '../../types.ts';
import { CORE_EVENTS, eventFields } from '../core/events.ts';
import { defineResource } from '../define.ts';

export const EVENTS = defineResource({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  columns: CORE_EVENTS.columns.map((column) => ({
    ...column,
    cell: (object, nowMs) => column.cell(toCore(object), nowMs),
  })),
  storedAs: { group: '', version: 'v1', plural: 'events', toStored: toCore, fromStored: fromCore },
  strategy: {
    allowCreateOnUpdate: true,
    validate: (object) => validateEvent(object as Event),
    selectableFields: (object) => eventFields(toCore(object) as CoreEvent),
    selectableFieldNames: ['reason', 'regarding.kind', 'regarding.name', 'reportingController', 'type'],
  },
});

function toCore(object: KubeObject): KubeObject {
  const {
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...rest
  } = object as Event;
  return withoutUndefined({
    ...rest,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    reportingComponent: reportingController,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  });
}

function fromCore(object: KubeObject): KubeObject {
  const { involvedObject, message, reportingComponent, source, firstTimestamp, lastTimestamp, count, ...rest } =
    object as CoreEvent;
  return withoutUndefined({
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  });
}

function withoutUndefined(object: Record<string, unknown>): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function validateEvent(event: Event): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = event.metadata?.namespace ?? '';
  const involved = event.regarding?.namespace ?? '';
  const expected = involved === '' ? 'default' : involved;
  if (namespace !== expected && !(involved === '' && namespace === 'kube-system')) {
    errors.push(invalid('involvedObject.namespace', involved, 'does not match event.namespace'));
  }
  if (event.eventTime === undefined) return errors;
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason'] as const) {
    if (!event[field]) errors.push(required(field));
  }
  return errors;
}
