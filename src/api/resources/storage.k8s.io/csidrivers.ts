// CSIDrivers: what a storage driver wants from Kubernetes. Drivers create theirs when they are installed.
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, invalid, notSupported } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { CSIDriver } from '../../types.ts';
import { oneOf } from '../../validation/numbers.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const CSI_DRIVERS = defineResource({
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
  columns: [
    NAME_COLUMN,
    column<CSIDriver>('AttachRequired', ({ spec }) => spec?.attachRequired ?? true, { type: 'boolean' }),
    column<CSIDriver>('PodInfoOnMount', ({ spec }) => spec?.podInfoOnMount ?? false, { type: 'boolean' }),
    column<CSIDriver>('StorageCapacity', ({ spec }) => spec?.storageCapacity ?? false, { type: 'boolean' }),
    column<CSIDriver>(
      'TokenRequests',
      ({ spec }) => spec?.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    ),
    column<CSIDriver>('RequiresRepublish', ({ spec }) => spec?.requiresRepublish ?? false, { type: 'boolean' }),
    column<CSIDriver>('Modes', ({ spec }) => spec?.volumeLifecycleModes?.join(',') ?? '<none>'),
    AGE_COLUMN,
  ],
  strategy: {
    allowUnconditionalUpdate: false,
    validate: (object) => validateDriver(object as CSIDriver),
    validateUpdate: (object, old) => validateDriverUpdate(object as CSIDriver, old as CSIDriver),
  },
});

const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Ephemeral', 'Persistent'];
const UPDATE_PERIOD_SECONDS_MIN = 10;

function validateDriver({ spec = {} }: CSIDriver): FieldError[] {
  const errors = oneOf(spec.fsGroupPolicy, 'spec.fsGroupPolicy', FS_GROUP_POLICIES, 'optional');
  addFindings(errors, validateTokenRequests(spec.tokenRequests ?? []));
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!LIFECYCLE_MODES.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES));
  }
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < UPDATE_PERIOD_SECONDS_MIN) {
    const detail = 'must be greater than or equal to 10 seconds';
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, detail));
  }
  return errors;
}

type TokenRequest = NonNullable<NonNullable<CSIDriver['spec']>['tokenRequests']>[number];

const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;

function validateTokenRequests(requests: readonly TokenRequest[]): FieldError[] {
  const errors: FieldError[] = [];
  const audiences = new Set<string>();
  for (const [index, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const at = `spec.tokenRequests[${index}]`;
    if (audiences.has(audience)) {
      errors.push(duplicate(`${at}.audience`, audience));
      continue;
    }
    audiences.add(audience);
    if (seconds === undefined) continue;
    if (seconds < TOKEN_SECONDS_MIN)
      errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > TOKEN_SECONDS_MAX)
      errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  return errors;
}

function validateDriverUpdate({ spec }: CSIDriver, { spec: old }: CSIDriver): FieldError[] {
  const errors: FieldError[] = [];
  // Kubernetes writes the first path so.
  if (spec?.attachRequired !== old?.attachRequired)
    errors.push(invalid('spec.attachedRequired', spec?.attachRequired, 'field is immutable'));
  if (!equalJson(spec?.volumeLifecycleModes, old?.volumeLifecycleModes))
    errors.push(invalid('spec.volumeLifecycleModes', spec?.volumeLifecycleModes, 'field is immutable'));
  return errors;
}
