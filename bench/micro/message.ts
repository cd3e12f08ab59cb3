// Messages between servers: an append of one command and of many, and the small ones around it.
import { decodeFrame, encodeFrames } from '../../raft/adapters/index.ts';
import type { LogIndex, Message, NodeId, Term } from '../../raft/node/index.ts';
import { defined } from '../../src/lib/index.ts';
import { encodedCreate } from './command.ts';
import type { MicroCase, MicroSubject } from './subject.ts';

const MANY = 64;
const from = 'server-1' as NodeId;
const to = 'server-2' as NodeId;
const term = 7 as Term;

export const MESSAGE: MicroSubject = {
  name: 'message',
  cases: () => [
    ...casesOf('append', 'an append of one create', append(1)),
    ...casesOf('append-many', `an append of ${MANY} creates`, append(MANY)),
    ...casesOf('accepted', 'an accepted append', {
      kind: 'appendResponse',
      from,
      to,
      term,
      result: { kind: 'accepted', match: 123_456 as LogIndex },
    }),
  ],
};

function casesOf(name: string, title: string, message: Message): MicroCase[] {
  const frame = defined(encodeFrames([message])[0], 'a frame');
  return [
    { name: `encode-${name}`, title: `encode ${title}`, run: () => encodeFrames([message]) },
    { name: `decode-${name}`, title: `decode ${title}`, run: () => decodeFrame(frame, from, to) },
  ];
}

function append(count: number): Message {
  const data = encodedCreate();
  const previous = 123_456;
  const entries = Array.from({ length: count }, (_, i) => ({
    index: (previous + 1 + i) as LogIndex,
    term,
    kind: 'command' as const,
    data,
  }));
  const position = { index: previous as LogIndex, term };
  return { kind: 'appendRequest', from, to, term, previous: position, commit: position.index, entries };
}
