// The forms of the log and of the stored record: they come back as they were written, and unknown ones are refused.
import { describe, expect, it } from 'vitest';
import {
  decodeCommand,
  encodeCommit,
  encodeCompact,
  encodeRegister,
  packCommand,
  UnknownFormatError,
  withPass,
} from '../../src/store/command.ts';
import { type Command, CommandTooLargeError, withRevision } from '../../src/store/index.ts';
import { makeVersion, readRecord, sealRecord } from '../../src/store/version.ts';
import { encoded, envelope, pod, put, rev, text } from './support.ts';

const COMMAND: Command = {
  conditions: [
    { kind: 'absent', key: pod('a') },
    { kind: 'exists', key: pod('b') },
    { kind: 'revision', key: pod('c'), revision: rev(5_000_000_000) },
  ],
  writes: [
    { kind: 'put', key: pod('ü'), envelope: envelope('grüße', { app: 'web' }) },
    { kind: 'delete', key: pod('b') },
  ],
};

describe('a command', () => {
  it('comes back from the log as it was', () => {
    const packed = packCommand(COMMAND);
    const decoded = decodeCommand(encodeCommit('a/1', 7, 3, packed, 2));
    expect(decoded).toMatchObject({ kind: 'commit', origin: 'a/1', sequence: 7, lowWater: 3, pass: 2 });
    if (decoded.kind !== 'commit') return;
    expect(decoded.conditions).toEqual(COMMAND.conditions);
    const [write, deletion] = decoded.writes;
    expect(deletion).toEqual({ kind: 'delete', key: pod('b') });
    expect(write?.kind === 'put' && text(write.body)).toBe(text(envelope('grüße').bytes));
    expect(decodeCommand(encodeRegister('a', 'a/2', 'a/1'))).toMatchObject({
      kind: 'register',
      member: 'a',
      expects: 'a/1',
    });
    expect(decodeCommand(encodeCompact(rev(6_000_000_000)))).toEqual({ kind: 'compact', revision: 6_000_000_000 });
  });

  it('differs between passes in nothing but the pass, and the first copy stays as it was', () => {
    const first = encodeCommit('a/1', 1, 0, packCommand(COMMAND), 0);
    const copy = withPass(first, 9);
    expect({ ...decodeCommand(copy), pass: 0 }).toEqual(decodeCommand(first));
    expect(decodeCommand(copy)).toMatchObject({ pass: 9 });
  });

  it('is refused when its format or kind is not known', () => {
    const command = Buffer.from(encodeCompact(rev(1)));
    const newer = Buffer.from(command);
    newer[0] = 2;
    const unknown = Buffer.from(command);
    unknown[1] = 77;
    expect(() => decodeCommand(newer)).toThrow(UnknownFormatError);
    expect(() => decodeCommand(unknown)).toThrow(UnknownFormatError);
    expect(() => decodeCommand(new Uint8Array())).toThrow(UnknownFormatError);
  });

  it('is refused when it is too large, in one object, in sum, or in parts', () => {
    const large = (bytes: number) => ({ ...envelope('x'), bytes: new Uint8Array(bytes) });
    const megabyte = { kind: 'put' as const, key: pod('a'), envelope: large(1_000_000) };
    const many = Array.from({ length: 5000 }, () => ({ kind: 'delete' as const, key: pod('a') }));
    expect(() => packCommand({ conditions: [], writes: [{ ...megabyte, envelope: large(1_600_000) }] })).toThrow(
      CommandTooLargeError,
    );
    expect(() => packCommand({ conditions: [], writes: new Array(9).fill(megabyte) })).toThrow(CommandTooLargeError);
    expect(() => packCommand({ conditions: [], writes: many })).toThrow(CommandTooLargeError);
  });
});

describe('a stored version', () => {
  const [write] = packCommand(put(pod('a'), 'one', { app: 'web' })).writes;
  const version = () => {
    if (write?.kind !== 'put') throw new Error('a put');
    return makeVersion(write, rev(5_000_000_123), makeVersion(write, rev(17), undefined, rev(17)), rev(5_000_000_125));
  };

  it('comes back from its record as it was', () => {
    const read = readRecord(sealRecord(version().record));
    if (read.kind !== 'put') throw new Error(read.kind);
    expect(text(read.version.bytes)).toBe(encoded('one', 5_000_000_123));
    expect(read.version).toMatchObject({
      key: pod('a'),
      revision: 5_000_000_123,
      createRevision: 17,
      boundary: 5_000_000_125,
    });
    expect(read.version.envelope.labels).toEqual({ app: 'web' });
    expect(text(read.version.envelope.bytes)).toBe(text(envelope('one').bytes));
  });

  it('notices each flipped bit', () => {
    const record = sealRecord(version().record);
    for (let bit = 0; bit < record.length * 8; bit++) {
      const copy = Buffer.from(record);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readRecord(copy).kind).toBe('damaged');
    }
    expect(readRecord(record.subarray(0, 20)).kind).toBe('damaged');
  });

  it('names a format that it does not know', () => {
    const { record } = version();
    record[4] = 2;
    expect(readRecord(sealRecord(record))).toEqual({ kind: 'unknownFormat', format: 2 });
  });

  it('gets the digits of a revision exactly between the quotes', () => {
    const { bytes, revisionOffset } = envelope('one');
    expect(text(withRevision(bytes, revisionOffset, rev(42)))).toBe(encoded('one', 42));
    expect(withRevision(bytes, -1, rev(42))).toBe(bytes);
  });
});
