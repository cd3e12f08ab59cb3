// A commit as the log carries it: packed and encoded by the server that accepts it, decoded by all.
import { decodeCommand, encodeCommit, packCommand } from '../../src/store/index.ts';
import { CONFIG_MAP } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const ORIGIN = 'server-1/5f0c2a3e-7d0e-4b8f-9a43-0d9a4f6f3b11';

/** A create of a ConfigMap, as the log carries it. */
export function encodedCreate(): Uint8Array {
  const { key, envelope } = CONFIG_MAP;
  const packed = packCommand({ conditions: [{ kind: 'absent', key }], writes: [{ kind: 'put', key, envelope }] });
  return encodeCommit(ORIGIN, 4_711, 4_700, packed, 0);
}

export const COMMAND: MicroSubject = {
  name: 'command',
  cases: () => {
    const encoded = encodedCreate();
    return [
      { name: 'encode', title: 'encode a create of a ConfigMap', run: encodedCreate },
      { name: 'decode', title: 'decode a create of a ConfigMap', run: () => decodeCommand(encoded) },
    ];
  },
};
