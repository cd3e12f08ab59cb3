// An object to its bytes, once in its life, and back.
import { decodeStored, encodeObject } from '../../src/api/index.ts';
import { CONFIG_MAP, POD } from './objects.ts';
import type { MicroSubject } from './subject.ts';

export const ENCODE: MicroSubject = {
  name: 'encode',
  cases: () => [
    { name: 'configmap', title: 'encode a ConfigMap of 1 KiB', run: () => encodeObject(CONFIG_MAP.object) },
    { name: 'pod', title: 'encode a pod of 2.5 KiB', run: () => encodeObject(POD.object) },
    { name: 'decode-pod', title: 'decode a stored pod', run: () => decodeStored(POD.envelope.bytes) },
  ],
};
