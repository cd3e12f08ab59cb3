// What is shown of a process that ended: the error that its log ends with, and nothing that lies further back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastWords } from '../../cluster/last-words.ts';

const LINE = '{"level":30,"msg":"serving the API"}';
const ERROR = 'error: the Raft log is damaged: identity: it is gone\nReplace this member.';
const folder = mkdtempSync(join(tmpdir(), 'quorate-words-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function wordsOf(text: string): string | undefined {
  const file = join(folder, 'server.log');
  writeFileSync(file, text);
  return lastWords(file);
}

describe('the last words of a process', () => {
  it('are the error that its log ends with, and what to do', () => {
    const expected = 'the Raft log is damaged: identity: it is gone. Replace this member.';
    expect(wordsOf(`${LINE}\n${ERROR}\n`)).toBe(expected);
    expect(wordsOf(`error: another\nDo this.\n${LINE}\n${ERROR}\n`)).toBe(expected);
  });

  it('are found at the end of a log of any length', () => {
    expect(wordsOf(`${`${LINE}\n`.repeat(10_000)}${ERROR}\n`)).toContain('Replace this member');
  });

  it('are heard although other parts of it had something to log while it ended', () => {
    expect(wordsOf(`${LINE}\n${ERROR}\n${LINE}\n${LINE}\n`)).toContain('Replace this member');
  });

  it('are none when it went on after an error, said none, or has no log', () => {
    expect(wordsOf(`${ERROR}\n${`${LINE}\n`.repeat(4)}`)).toBeUndefined();
    expect(wordsOf(`${LINE}\n`)).toBeUndefined();
    expect(wordsOf('')).toBeUndefined();
    expect(lastWords(join(folder, 'missing.log'))).toBeUndefined();
  });
});
