// Messages as bytes: msgpack arrays, one frame for several messages. Who sent them and to whom is known from the
// connection and never read from the wire. What does not decode to well-formed messages throws CodecError.
import { Packr } from 'msgpackr';
import { unreachable } from '../../src/lib/index.ts';
import type { Entry, LogIndex, LogLife, Message, NodeId, Term } from '../node/index.ts';
import { FRAME_TARGET_BYTES } from './limits.ts';

/** The version of the frames, exchanged in the greeting. */
export const WIRE_FORMAT = 1;

/** Bytes from a peer that are no messages of this format. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}

const packr = new Packr({ useRecords: false, copyBuffers: true, int64AsType: 'number' });

const KINDS = [
  'preVoteRequest',
  'preVoteResponse',
  'voteRequest',
  'voteResponse',
  'appendRequest',
  'appendResponse',
  'heartbeatRequest',
  'heartbeatResponse',
  'forwardedProposal',
  'proposalsDropped',
  'readIndexRequest',
  'readIndexResponse',
  'timeoutNow',
] as const satisfies readonly Message['kind'][];
const CODES = new Map<Message['kind'], number>(KINDS.map((kind, code) => [kind, code]));
const ENTRY_KINDS = ['noop', 'command', 'membership'] as const satisfies readonly Entry['kind'][];
const ENTRY_CODES = new Map<Entry['kind'], number>(ENTRY_KINDS.map((kind, code) => [kind, code]));

/** Frames for messages to one peer, in order, each near FRAME_TARGET_BYTES or of one message. */
export function encodeFrames(messages: readonly Message[]): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  let current: unknown[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = dataBytes(message);
    if (current.length > 0 && bytes + size > FRAME_TARGET_BYTES) {
      frames.push(packr.pack(current));
      current = [];
      bytes = 0;
    }
    current.push([CODES.get(message.kind), message.term, ...bodyOf(message)]);
    bytes += size;
  }
  if (current.length > 0) frames.push(packr.pack(current));
  return frames;
}

/** The messages of a frame that arrived at `to` from the authenticated peer `from`. Throws CodecError. */
export function decodeFrame(frame: Uint8Array, from: NodeId, to: NodeId): readonly Message[] {
  let value: unknown;
  try {
    value = packr.unpack(frame);
  } catch (error) {
    throw new CodecError('a frame that is not msgpack', { cause: error });
  }
  return listOf(value).map((fields) => decodeMessage(new Fields(listOf(fields)), from, to));
}

/** One small value of the greeting, as bytes. */
export function encodeValue(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** Throws CodecError. */
export function decodeValue(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch (error) {
    throw new CodecError('a value that is not msgpack', { cause: error });
  }
}

function dataBytes(message: Message): number {
  switch (message.kind) {
    case 'appendRequest':
      return message.entries.reduce((sum, entry) => sum + entry.data.byteLength, 0);
    case 'forwardedProposal':
      return message.commands.reduce((sum, command) => sum + command.byteLength, 0);
    default:
      return 0;
  }
}

function bodyOf(message: Message): readonly unknown[] {
  switch (message.kind) {
    case 'preVoteRequest':
      return [message.last.index, message.last.term];
    case 'voteRequest':
      return [message.last.index, message.last.term, message.transfer];
    case 'preVoteResponse':
    case 'voteResponse':
      return [message.granted];
    case 'appendRequest': {
      const { previous, commit, entries } = message;
      return [
        previous.index,
        previous.term,
        commit,
        entries.map((entry) => entry.term),
        entries.map((entry) => ENTRY_CODES.get(entry.kind)),
        entries.map((entry) => entry.data),
      ];
    }
    case 'appendResponse': {
      const { result } = message;
      const body =
        result.kind === 'accepted'
          ? [true, result.match]
          : [false, result.previous, result.hint.index, result.hint.term];
      return [...body, ...lifeFields(message.life)];
    }
    case 'heartbeatRequest':
      return [message.commit, message.readRound, ...(message.generation === undefined ? [] : [message.generation])];
    case 'heartbeatResponse':
      return [message.readRound, ...lifeFields(message.life)];
    case 'forwardedProposal':
      return [message.commands];
    case 'proposalsDropped':
      return [message.count, message.leading];
    case 'readIndexRequest':
      return [message.context, ...lifeFields(message.life)];
    case 'readIndexResponse':
      return [message.context, message.index ?? null];
    case 'timeoutNow':
      return [];
    default:
      return unreachable(message);
  }
}

function decodeMessage(fields: Fields, from: NodeId, to: NodeId): Message {
  const kind = KINDS[fields.whole()];
  if (kind === undefined) throw new CodecError('a message of an unknown kind');
  const addressed = { from, to, term: fields.term() };
  switch (kind) {
    case 'preVoteRequest':
      return { kind, ...addressed, last: fields.position() };
    case 'voteRequest':
      return { kind, ...addressed, last: fields.position(), transfer: fields.flag() };
    case 'preVoteResponse':
    case 'voteResponse':
      return { kind, ...addressed, granted: fields.flag() };
    case 'appendRequest': {
      const previous = fields.position();
      const commit = fields.index();
      return { kind, ...addressed, previous, commit, entries: fields.entries(previous.index) };
    }
    case 'appendResponse':
      return {
        kind,
        ...addressed,
        result: fields.flag()
          ? { kind: 'accepted', match: fields.index() }
          : { kind: 'rejected', previous: fields.index(), hint: fields.position() },
        ...fields.life(),
      };
    case 'heartbeatRequest': {
      const [commit, readRound] = [fields.index(), fields.whole()];
      return fields.hasMore
        ? { kind, ...addressed, commit, readRound, generation: fields.whole() }
        : { kind, ...addressed, commit, readRound };
    }
    case 'heartbeatResponse':
      return { kind, ...addressed, readRound: fields.whole(), ...fields.life() };
    case 'forwardedProposal':
      return { kind, ...addressed, commands: listOf(fields.next()).map(bytesOf) };
    case 'proposalsDropped':
      return { kind, ...addressed, count: fields.whole(), leading: fields.flag() };
    case 'readIndexRequest':
      return { kind, ...addressed, context: fields.whole(), ...fields.life() };
    case 'readIndexResponse':
      return { kind, ...addressed, context: fields.whole(), index: fields.optionalIndex() };
    case 'timeoutNow':
      return { kind, ...addressed };
    default:
      return unreachable(kind);
  }
}

/** The fields of one message, read in order and checked. */
class Fields {
  private readonly values: readonly unknown[];
  private at = 0;

  constructor(values: readonly unknown[]) {
    this.values = values;
  }

  next(): unknown {
    const value = this.values[this.at];
    this.at += 1;
    return value;
  }

  get hasMore(): boolean {
    return this.at < this.values.length;
  }

  /** At the end of an answer of a member that has lost a log. */
  life(): { readonly life?: LogLife } {
    return this.hasMore ? { life: { generation: this.whole(), repairing: this.flag() } } : {};
  }

  whole(): number {
    return wholeOf(this.next());
  }

  index(): LogIndex {
    return this.whole() as LogIndex;
  }

  optionalIndex(): LogIndex | undefined {
    const value = this.next();
    return value === null || value === undefined ? undefined : (wholeOf(value) as LogIndex);
  }

  term(): Term {
    return this.whole() as Term;
  }

  position(): { readonly index: LogIndex; readonly term: Term } {
    return { index: this.index(), term: this.term() };
  }

  flag(): boolean {
    const value = this.next();
    if (typeof value !== 'boolean') throw new CodecError('a field that is neither true nor false');
    return value;
  }

  entries(previous: LogIndex): readonly Entry[] {
    const terms = listOf(this.next());
    const kinds = listOf(this.next());
    const data = listOf(this.next());
    if (terms.length !== kinds.length || terms.length !== data.length)
      throw new CodecError('entries of unequal fields');
    return terms.map((term, position) => {
      const kind = ENTRY_KINDS[wholeOf(kinds[position])];
      if (kind === undefined) throw new CodecError('an entry of an unknown kind');
      const index = (previous + 1 + position) as LogIndex;
      return { index, term: wholeOf(term) as Term, kind, data: bytesOf(data[position]) };
    });
  }
}

function lifeFields(life: LogLife | undefined): readonly unknown[] {
  return life === undefined ? [] : [life.generation, life.repairing];
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new CodecError('a field that is no list');
  return value;
}

function wholeOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new CodecError('a field that is no whole number');
  return value;
}

function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new CodecError('a field that holds no bytes');
  return value;
}
