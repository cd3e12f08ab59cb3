// Records of the Raft log: encoded with their checksums before each write to the disk, read back at the start.
import { crc32 } from 'node:zlib';
import { decodeRecord, encodeRecords, type LogIndex, type LogRecord, type Term } from '../../raft/node/index.ts';
import { encodedCreate } from './command.ts';
import type { MicroSubject } from './subject.ts';

const MANY = 64;

export const LOG: MicroSubject = {
  name: 'log',
  cases: () => {
    const data = encodedCreate();
    const records = Array.from(
      { length: MANY },
      (_, i): LogRecord => ({
        kind: 'entry',
        entry: { index: (123_456 + i) as LogIndex, term: 7 as Term, kind: 'command', data },
      }),
    );
    const one = records.slice(0, 1);
    const { bytes } = encodeRecords(one, 0, 0);
    return [
      { name: 'checksum', title: 'checksum of one create', run: () => crc32(data) },
      { name: 'encode', title: 'append of one create, as bytes', run: () => encodeRecords(one, 0, 0) },
      { name: 'encode-many', title: `append of ${MANY} creates, as bytes`, run: () => encodeRecords(records, 0, 0) },
      { name: 'decode', title: 'read the record of one create', run: () => decodeRecord(bytes, 0) },
    ];
  },
};
