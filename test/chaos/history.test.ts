import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseHistory, readHistory, writeHistory } from '../../chaos/history/file.ts';
import { madeHistory } from './generate.ts';

describe('a history in a file', () => {
  it('is read as it was written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-history-'));
    try {
      const file = join(folder, 'history.jsonl');
      const history = madeHistory({ seed: 5, operations: 5_000, keys: 5, clients: 5, lost: 0.1 });
      const writer = writeHistory(file);
      for (const operation of history) writer.append(operation);
      writer.close();
      expect(readHistory(file)).toEqual(history);
      expect(() => writeHistory(file)).toThrow('EEXIST');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that holds anything else is refused with the number of its line', () => {
    const good = JSON.stringify(madeHistory({ seed: 5, operations: 1, keys: 1, clients: 1, lost: 0 })[0]);
    const wrong: Readonly<Record<string, string>> = {
      '{': 'it is not JSON',
      '[]': 'its type is undefined',
      '{"type":"read"}': 'its outcome is undefined',
      '{"type":"read","outcome":"ok"}': 'its key is no text',
      '{"type":"read","outcome":"ok","key":"a","process":1,"start":1}': 'process, start and end are numbers',
      '{"type":"read","outcome":"ok","key":"a","process":1,"start":2,"end":1}': 'it ends before it starts',
      '{"type":"cas","outcome":"ok","key":"a","process":1,"start":1,"end":2,"argument":{"value":"x"}}':
        'its argument has no revision',
      '{"type":"read","outcome":"ok","key":"a","process":1,"start":1,"end":2,"argument":null,"result":{}}':
        'its result has no value',
    };
    for (const [line, reason] of Object.entries(wrong))
      expect(() => parseHistory(`${good}\n\n${line}\n`, 'h')).toThrow(`h:3 is no operation: ${reason}`);
  });
});
