// Label and field selectors of a list, watch or deletecollection, compiled to one test on envelopes: no body is parsed.
import {
  badRequestError,
  type FieldRequirement,
  parseFieldSelector,
  parseLabelSelector,
  type ResourceDefinition,
  SelectorError,
} from '../../api/index.ts';
import type { StoredObject } from '../../store/index.ts';
import { nameOfKey } from '../storage/keys.ts';

export interface Selection {
  /** True when there is no selector: counts can be taken from the tree. */
  readonly everything: boolean;
  matches(object: StoredObject): boolean;
}

const METADATA_FIELDS = ['metadata.name', 'metadata.namespace'];

/** Fields of events.k8s.io/v1 under the names that core events, which are what is stored, have for them. */
const STORED_NAMES: Readonly<Record<string, string>> = {
  'regarding.kind': 'involvedObject.kind',
  'regarding.name': 'involvedObject.name',
  reportingController: 'reportingComponent',
};

/** Throws ApiError 400 for selectors that do not parse, or name a field that the resource does not declare. */
export function parseSelection(definition: ResourceDefinition, query: URLSearchParams, name: string): Selection {
  const labels = parsed(query, 'labelSelector', (text) => parseLabelSelector(text));
  const fields = parsed(query, 'fieldSelector', (text) =>
    parseFieldSelector(text, [...METADATA_FIELDS, ...(definition.strategy.selectableFieldNames ?? [])]),
  );
  const requirements = fields?.requirements ?? [];
  // A watch of one object by path (`GET …/pods/web?watch=true`) selects it by name.
  const pinned: readonly FieldRequirement[] =
    name === '' ? requirements : [...requirements, { field: 'metadata.name', operator: '=', value: name }];
  return {
    everything: (labels === undefined || labels.everything) && pinned.length === 0,
    matches: (object) =>
      (labels === undefined || labels.matches(object.envelope.labels)) &&
      pinned.every((requirement) => holds(requirement, object)),
  };
}

function holds({ field, operator, value }: FieldRequirement, object: StoredObject): boolean {
  return (fieldValue(field, object) === value) === (operator === '=');
}

function fieldValue(field: string, object: StoredObject): string {
  if (field === 'metadata.name') return nameOfKey(object).name;
  if (field === 'metadata.namespace') return nameOfKey(object).namespace;
  return object.envelope.fields[STORED_NAMES[field] ?? field] ?? '';
}

function parsed<T>(query: URLSearchParams, parameter: string, parse: (text: string) => T): T | undefined {
  const text = query.get(parameter);
  if (text === null || text === '') return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SelectorError) throw badRequestError(error.message);
    throw error;
  }
}
