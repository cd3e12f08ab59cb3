// What a create costs before the store sees it: decoding with its checks, defaults, the kind's own rules, validation.
import {
  admitDecoded,
  apiSchema,
  type CreateContext,
  decodeBody,
  type KubeObject,
  prepareCreate,
  reconcileNames,
  validateCreate,
} from '../../src/api/index.ts';
import { CONFIG_MAP, POD, type Sample } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const context: CreateContext = {
  nowMs: 0,
  random: () => 7,
  uid: '5f0c2a3e-7d0e-4b8f-9a43-0d9a4f6f3b11',
  caller: { name: 'bench', uid: '', groups: [], extra: {} },
};

export const ADMISSION: MicroSubject = {
  name: 'admission',
  cases: () => [
    { name: 'parse-pod', title: 'parse the body of a pod', run: () => decodeBody(POD.body, 'application/json') },
    { name: 'configmap', title: 'decode, default and validate a ConfigMap', run: () => admit(CONFIG_MAP) },
    { name: 'pod', title: 'decode, default and validate a pod', run: () => admit(POD) },
  ],
};

function admit({ definition, body }: Sample): KubeObject {
  const schema = apiSchema();
  const { object } = admitDecoded(schema, definition, decodeBody(body, 'application/json'), 'Strict');
  reconcileNames(definition, object, 'default', '');
  prepareCreate(schema, definition, object, context);
  validateCreate(schema, definition, object);
  return object;
}
