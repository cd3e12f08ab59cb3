// Core events: what happened to an object, as `kubectl get events` and `describe` read it. They expire (the server's
// business); events.k8s.io serves the same objects in its own shape.
import type { FieldError } from '../../definition.ts';
import { invalid } from '../../field-error.ts';
import type { CoreEvent } from '../../types.ts';
import { ageOf, column, defineResource, NAME_COLUMN } from '../define.ts';

export const CORE_EVENTS = defineResource({
  group: '',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  columns: [
    column<CoreEvent>('Last Seen', lastSeen),
    column<CoreEvent>('Type', ({ type }) => type ?? ''),
    column<CoreEvent>('Reason', ({ reason }) => reason ?? ''),
    column<CoreEvent>('Object', objectText),
    column<CoreEvent>('Subobject', ({ involvedObject }) => involvedObject?.fieldPath ?? '', { wide: true }),
    column<CoreEvent>('Source', sourceText, { wide: true }),
    column<CoreEvent>('Message', ({ message }) => (message ?? '').trim()),
    column<CoreEvent>('First Seen', (event, nowMs) => ageOf(event.firstTimestamp ?? event.eventTime, nowMs), {
      wide: true,
    }),
    column<CoreEvent>('Count', ({ count, series }) => series?.count ?? (count || 1), { wide: true, type: 'integer' }),
    { ...NAME_COLUMN, priority: 1 },
  ],
  strategy: {
    allowCreateOnUpdate: true,
    validate: (object) => validateEvent(object as CoreEvent),
    selectableFields: (object) => eventFields(object as CoreEvent),
    selectableFieldNames: [
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  },
});

function lastSeen({ series, lastTimestamp, firstTimestamp, eventTime }: CoreEvent, nowMs: number): string {
  return ageOf(series?.lastObservedTime ?? lastTimestamp ?? firstTimestamp ?? eventTime, nowMs);
}

function objectText({ involvedObject }: CoreEvent): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

function sourceText({ source, reportingComponent, reportingInstance }: CoreEvent): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

/** The values of field selectors, which are the same for both shapes of events. */
export function eventFields(event: CoreEvent): Record<string, string> {
  const involved = event.involvedObject ?? {};
  return {
    'involvedObject.kind': involved.kind ?? '',
    'involvedObject.namespace': involved.namespace ?? '',
    'involvedObject.name': involved.name ?? '',
    'involvedObject.uid': involved.uid ?? '',
    'involvedObject.apiVersion': involved.apiVersion ?? '',
    'involvedObject.resourceVersion': involved.resourceVersion ?? '',
    'involvedObject.fieldPath': involved.fieldPath ?? '',
    reason: event.reason ?? '',
    reportingComponent: event.reportingComponent ?? '',
    source: event.source?.component || event.reportingComponent || '',
    type: event.type ?? '',
  };
}

function validateEvent(event: CoreEvent): FieldError[] {
  const namespace = event.metadata?.namespace ?? '';
  const involved = event.involvedObject?.namespace ?? '';
  // Events about cluster-scoped objects live in the namespace default.
  const expected = involved === '' ? 'default' : involved;
  if (namespace === expected || (involved === '' && namespace === 'kube-system')) return [];
  return [invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
}
