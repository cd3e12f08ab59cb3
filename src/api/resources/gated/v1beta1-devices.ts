// resource.k8s.io/v1beta1: what a request asks for stands in the request itself, not under `exactly`, and what a device is
// under `basic`, not in the device itself.
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { Conversion } from './view.ts';

/** Claims: requests in spec.devices. */
export const CLAIM_CONVERSION = conversionAt(['spec', 'devices', 'requests'], requestToStored, requestFromStored);
/** Templates of claims. */
export const TEMPLATE_CONVERSION = conversionAt(
  ['spec', 'spec', 'devices', 'requests'],
  requestToStored,
  requestFromStored,
);
/** Slices: devices in spec. */
export const SLICE_CONVERSION = conversionAt(['spec', 'devices'], deviceToStored, deviceFromStored);

/** What a request of v1beta1 says of one kind of device: the fields of v1's `exactly`. */
const EXACT_FIELDS = [
  'deviceClassName',
  'selectors',
  'allocationMode',
  'count',
  'adminAccess',
  'tolerations',
  'capacity',
];

function requestToStored(request: JsonObject): JsonObject {
  const { rest, taken } = split(request, (field) => EXACT_FIELDS.includes(field));
  const hasAlternatives = Array.isArray(request['firstAvailable']) && request['firstAvailable'].length > 0;
  return Object.keys(taken).length === 0 && hasAlternatives ? rest : { ...rest, exactly: taken };
}

function requestFromStored({ exactly, ...rest }: JsonObject): JsonObject {
  return isJsonObject(exactly) ? { ...rest, ...exactly } : rest;
}

function deviceToStored({ basic, ...rest }: JsonObject): JsonObject {
  return isJsonObject(basic) ? { ...rest, ...basic } : rest;
}

function deviceFromStored(device: JsonObject): JsonObject {
  const { rest, taken } = split(device, (field) => field !== 'name');
  return Object.keys(taken).length === 0 ? rest : { ...rest, basic: taken };
}

function split(value: JsonObject, takes: (field: string) => boolean): { rest: JsonObject; taken: JsonObject } {
  const entries = Object.entries(value);
  return {
    rest: Object.fromEntries(entries.filter(([field]) => !takes(field))),
    taken: Object.fromEntries(entries.filter(([field]) => takes(field))),
  };
}

type Change = (item: JsonObject) => JsonObject;

/** Converts the items of the list at `path`; everything else is shared. */
function conversionAt(path: readonly string[], toStored: Change, fromStored: Change): Conversion {
  const convert = (object: KubeObject, change: Change): KubeObject =>
    changedAt(object as unknown as JsonObject, path, change) as unknown as KubeObject;
  return {
    toStored: (object) => convert(object, toStored),
    fromStored: (object) => convert(object, fromStored),
  };
}

function changedAt(value: Json | undefined, path: readonly string[], change: Change): Json | undefined {
  const [field, ...rest] = path;
  if (field === undefined)
    return Array.isArray(value) ? value.map((item) => (isJsonObject(item) ? change(item) : item)) : value;
  if (!isJsonObject(value) || value[field] === undefined) return value;
  return { ...value, [field]: changedAt(value[field], rest, change) ?? null };
}
