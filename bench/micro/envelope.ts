// The small header beside an object's bytes: packed by the server that accepts it, unpacked where a selector reads it.
import { packHeader, StoredEnvelope } from '../../src/store/index.ts';
import { POD } from './objects.ts';
import type { MicroSubject } from './subject.ts';

export const ENVELOPE: MicroSubject = {
  name: 'envelope',
  cases: () => {
    const header = packHeader(POD.envelope);
    return [
      { name: 'pack', title: 'pack the header of a pod', run: () => packHeader(POD.envelope) },
      {
        name: 'unpack',
        title: 'unpack the header of a pod',
        run: () => new StoredEnvelope(header, POD.envelope.bytes, 0),
      },
    ];
  },
};
