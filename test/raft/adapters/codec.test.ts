// Frames: every message survives the wire as it was, and nothing else comes through.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError, decodeFrame, encodeFrames, encodeValue } from '../../../raft/adapters/codec.ts';
import { decodeGreeting, encodeGreeting, objectionTo } from '../../../raft/adapters/websocket/greeting.ts';
import type { Message, NodeId } from '../../../raft/node/index.ts';

const FROM = 'n1' as NodeId;
const TO = 'n2' as NodeId;

const whole = fc.maxSafeNat();
const bytes = fc.uint8Array({ maxLength: 200 });
const addressed = { from: fc.constant(FROM), to: fc.constant(TO), term: whole };
const position = fc.record({ index: fc.nat(1_000_000), term: whole });
const entryKind = fc.constantFrom('noop', 'command', 'membership');
const kind = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const life = fc.record({ generation: whole, repairing: fc.boolean() });

const append = fc
  .record({
    ...addressed,
    kind: kind('appendRequest'),
    previous: position,
    commit: whole,
    contents: fc.array(fc.record({ term: whole, kind: entryKind, data: bytes }), { maxLength: 5 }),
  })
  .map(({ contents, ...rest }) => ({
    ...rest,
    entries: contents.map((content, at) => ({ index: rest.previous.index + 1 + at, ...content })),
  }));

const message = fc.oneof(
  fc.record({ kind: kind('preVoteRequest'), ...addressed, last: position }),
  fc.record({ kind: kind('preVoteResponse'), ...addressed, granted: fc.boolean() }),
  fc.record({ kind: kind('voteRequest'), ...addressed, last: position, transfer: fc.boolean() }),
  fc.record({ kind: kind('voteResponse'), ...addressed, granted: fc.boolean() }),
  append,
  fc.record(
    {
      kind: kind('appendResponse'),
      ...addressed,
      result: fc.oneof(
        fc.record({ kind: kind('accepted'), match: whole }),
        fc.record({ kind: kind('rejected'), previous: whole, hint: position }),
      ),
      life,
    },
    { requiredKeys: ['kind', 'from', 'to', 'term', 'result'] },
  ),
  fc.record(
    { kind: kind('heartbeatRequest'), ...addressed, commit: whole, readRound: whole, generation: whole },
    { requiredKeys: ['kind', 'from', 'to', 'term', 'commit', 'readRound'] },
  ),
  fc.record(
    { kind: kind('heartbeatResponse'), ...addressed, readRound: whole, life },
    { requiredKeys: ['kind', 'from', 'to', 'term', 'readRound'] },
  ),
  fc.record({ kind: kind('forwardedProposal'), ...addressed, commands: fc.array(bytes, { maxLength: 5 }) }),
  fc.record({ kind: kind('proposalsDropped'), ...addressed, count: whole, leading: fc.boolean() }),
  fc.record(
    { kind: kind('readIndexRequest'), ...addressed, context: whole, life },
    { requiredKeys: ['kind', 'from', 'to', 'term', 'context'] },
  ),
  fc.record({
    kind: kind('readIndexResponse'),
    ...addressed,
    context: whole,
    index: fc.option(whole, { nil: undefined }),
  }),
  fc.record({ kind: kind('timeoutNow'), ...addressed }),
) as fc.Arbitrary<Message>;

/** Buffers and plain arrays of bytes alike. */
const bare = (message: Message): unknown =>
  JSON.parse(JSON.stringify(message, (_key, each: unknown) => bytesToText(each)));
function bytesToText(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const buffer = value as { type?: string; data?: number[] } | null;
  if (buffer?.type === 'Buffer') return Buffer.from(buffer.data ?? []).toString('base64');
  return value;
}

describe('frames', () => {
  it('carry every message as it was, in order', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), (messages) => {
        const decoded = encodeFrames(messages).flatMap((frame) => decodeFrame(frame, FROM, TO));
        expect(decoded.map(bare)).toEqual(messages.map(bare));
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('stay small: many messages are split over several', () => {
    const large = Array.from({ length: 10 }, (): Message => {
      return {
        kind: 'forwardedProposal',
        from: FROM,
        to: TO,
        term: 1 as Message['term'],
        commands: [new Uint8Array(100_000)],
      };
    });
    const frames = encodeFrames(large);
    expect(frames.length).toBe(5);
    expect(frames.flatMap((frame) => decodeFrame(frame, FROM, TO))).toHaveLength(10);
  });

  it('of random or cut bytes are refused with a CodecError, or are well-formed messages', () => {
    const attempt = (frame: Uint8Array): void => {
      try {
        for (const each of decodeFrame(frame, FROM, TO)) expect(each.from).toBe(FROM);
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
    };
    fc.assert(fc.property(bytes, attempt), { seed: 1, numRuns: 500 });
    const cut = fc.tuple(message, fc.nat(300), fc.nat(255)).map(([each, at, value]) => {
      const frame = Uint8Array.from(encodeFrames([each])[0] ?? []);
      frame[at % frame.length] = value;
      return frame;
    });
    fc.assert(fc.property(cut, attempt), { seed: 1, numRuns: 500 });
  });

  it('with wrong fields are refused', () => {
    const wrong: readonly unknown[] = [
      'text',
      [['text']],
      [[99, 1]],
      [[0, -1, 0, 0]],
      [[0, 1.5, 0, 0]],
      [[1, 1, 'yes']],
      [[4, 1, 0, 0, 0, [1], [1], []]],
      [[4, 1, 0, 0, 0, [1], [9], [new Uint8Array(1)]]],
      [[8, 1, ['text']]],
    ];
    for (const value of wrong) expect(() => decodeFrame(encodeValue(value), FROM, TO)).toThrow(CodecError);
  });
});

describe('a greeting', () => {
  const greeter = { clusterId: 'c', self: FROM, incarnation: 'first', former: ['lost'] };
  const expected = { clusterId: 'c', from: FROM, to: TO };

  it('of the right cluster, member and format is accepted', () => {
    expect(objectionTo(decodeGreeting(encodeGreeting(greeter, TO)), expected)).toBeUndefined();
  });

  it('of another cluster, name, addressee or format is not', () => {
    const greetings = [
      encodeGreeting({ ...greeter, clusterId: 'd' }, TO),
      encodeGreeting({ ...greeter, self: TO }, TO),
      encodeGreeting(greeter, FROM),
      encodeValue([2, 'c', FROM, TO, 'first']),
    ];
    for (const greeting of greetings) expect(objectionTo(decodeGreeting(greeting), expected)).toBeTypeOf('string');
  });

  it('that is none is refused with a CodecError', () => {
    for (const value of ['text', [], [1, 2, 3, 4], new Uint8Array(5000)])
      expect(() => decodeGreeting(encodeValue(value))).toThrow(CodecError);
  });
});
