// The objects of the micro-benchmarks: the same that the load generator sends, as they are in each stage of a write.
import {
  admitDecoded,
  apiSchema,
  createApiRegistry,
  encodeObject,
  type Json,
  type KubeObject,
  type ResourceDefinition,
  selectableFieldsOf,
} from '../../src/api/index.ts';
import { defined } from '../../src/lib/index.ts';
import { type Envelope, type StoreKey, storeKey } from '../../src/store/index.ts';
import { configMapTemplate, podTemplate } from '../rows/objects.ts';

/** A kind with an object of it. */
export interface Sample {
  readonly definition: ResourceDefinition;
  readonly key: StoreKey;
  /** As a client sends it. */
  readonly body: Buffer;
  /** Decoded, with defaults. */
  readonly object: KubeObject;
  /** As it is stored. */
  readonly envelope: Envelope;
}

/** A pod of 2.5 KiB. */
export const POD = sampleOf('pods', podTemplate());
/** A ConfigMap of 1 KiB. */
export const CONFIG_MAP = sampleOf('configmaps', configMapTemplate());

function sampleOf(plural: string, template: string): Sample {
  const definition = defined(createApiRegistry().find('', 'v1', plural), plural);
  const name = 'sample-0000000001';
  const text = template.replace('@NAME@', name).replace('@SEQ@', '1');
  const { object } = admitDecoded(apiSchema(), definition, { value: JSON.parse(text) as Json }, 'Strict');
  object.metadata = {
    ...object.metadata,
    namespace: 'default',
    uid: '5f0c2a3e-7d0e-4b8f-9a43-0d9a4f6f3b11',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return {
    definition,
    key: storeKey(plural, 'default', name),
    body: Buffer.from(text),
    object,
    envelope: {
      apiVersion: 'v1',
      schemaHash: apiSchema().hash,
      keyId: '',
      labels: object.metadata.labels ?? {},
      fields: selectableFieldsOf(definition, object),
      ...encodeObject(object),
    },
  };
}
