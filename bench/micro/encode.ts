// An object to its bytes, once in its life, and back.
import {
  decodeBody,
  decodeStored,
  encodeMessage,
  encodeObject,
  encodeProtobuf,
  PROTOBUF_MEDIA_TYPE,
} from '../../src/api/index.ts';
import { CONFIG_MAP, POD } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const POD_IN_PROTOBUF = encodeProtobuf(POD.object);

export const ENCODE: MicroSubject = {
  name: 'encode',
  cases: () => [
    { name: 'configmap', title: 'encode a ConfigMap of 1 KiB', run: () => encodeObject(CONFIG_MAP.object) },
    { name: 'pod', title: 'encode a pod of 2.5 KiB', run: () => encodeObject(POD.object) },
    { name: 'decode-pod', title: 'decode a stored pod', run: () => decodeStored(POD.envelope.bytes) },
    {
      name: 'stored-pod-protobuf',
      title: 'decode a stored pod, encode it in protobuf',
      run: () => encodeMessage(decodeStored(POD.envelope.bytes)),
    },
    { name: 'pod-protobuf', title: 'encode a pod in protobuf', run: () => encodeProtobuf(POD.object) },
    {
      name: 'decode-pod-protobuf',
      title: 'decode the body of a pod in protobuf',
      run: () => decodeBody(POD_IN_PROTOBUF, PROTOBUF_MEDIA_TYPE),
    },
  ],
};
