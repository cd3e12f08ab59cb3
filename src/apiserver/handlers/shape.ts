// The shape of an answer: an object itself, a table of it or its metadata alone, in the encoding that the client reads.
import type { IncludeObject, KubeObject, ListMetadata, MetaVersion, ResourceDefinition } from '../../api/index.ts';
import { type Clock, oncePer } from '../../lib/index.ts';
import type { StoredObject } from '../../store/index.ts';
import type { Representation } from '../http/negotiate.ts';
import type { PartedBody } from '../http/stream.ts';
import type { EventFraming } from '../watch/framing.ts';
import { metadataForm, objectForm, tableForm } from './json-form.ts';
import { jsonShape, yamlShape } from './json-shape.ts';
import { protobufMetadataShape, protobufObjectShape } from './protobuf-shape.ts';

/** A list, or a page of one. */
export interface Page {
  readonly objects: readonly StoredObject[];
  readonly metadata: ListMetadata;
}

export interface Shape {
  /** One for all that ask for the same: watches of it are given the same bytes (watch/events.ts). */
  readonly isShared: boolean;
  readonly framing: EventFraming;
  /** One object, encoded. */
  object(source: StoredObject | KubeObject): Uint8Array;
  /** `monotonic`: milliseconds; a list that takes long to prepare leaves the event loop to others in between. */
  list(page: Page, monotonic: () => number): PartedBody | Promise<PartedBody>;
  /** What a bookmark event carries. */
  bookmark(resourceVersion: string, initialEventsEnd: boolean): Uint8Array;
}

export function shapeFor(
  definition: ResourceDefinition,
  { encoding, as, metaVersion }: Representation,
  query: URLSearchParams,
  clock: Pick<Clock, 'now'>,
): Shape {
  if (encoding === 'protobuf')
    return as === 'metadata' ? protobufMetadataShape[metaVersion] : protobufObjectShape(definition);
  if (as === 'table') {
    const form = tableForm(definition, metaVersion, includeObject(query.get('includeObject')), clock);
    return encoding === 'yaml' ? yamlShape(form) : jsonShape(form, { isShared: false });
  }
  if (encoding === 'yaml') return yamlShape(as === 'metadata' ? metadataForm(metaVersion) : objectForm(definition));
  return as === 'metadata' ? jsonMetadataShape[metaVersion] : jsonObjectShape(definition);
}

const jsonObjectShape = oncePer((definition: ResourceDefinition) =>
  jsonShape(objectForm(definition), { isShared: true }),
);

const jsonMetadataShape: Readonly<Record<MetaVersion, Shape>> = {
  v1: jsonShape(metadataForm('v1'), { isShared: true }),
  v1beta1: jsonShape(metadataForm('v1beta1'), { isShared: true }),
};

function includeObject(value: string | null): IncludeObject {
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}
