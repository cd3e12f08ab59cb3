// Transcripts: each file in transcripts/ is a story of prose, commands, and the full output they must give.
// UPDATE_TRANSCRIPTS=1 rewrites the outputs; the difference is then to be read like code.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/lib/index.ts';
import { World } from './world.ts';

const FOLDER = new URL('./transcripts/', import.meta.url);

/** The file with the output of each command as it is now. Prose, commands and blank lines stay as they are. */
function replay(text: string): string {
  const world = new World();
  const lines: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('  ')) continue;
    lines.push(line);
    if (!line.startsWith('> ')) continue;
    try {
      lines.push(...world.run(line.slice(2)).map((output) => `  ${output}`));
    } catch (error) {
      lines.push(`  error: ${messageOf(error)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

describe('the core does what its transcripts say:', () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))) {
    const file = new URL(name, FOLDER);
    const text = readFileSync(file, 'utf8');
    it(text.split('\n')[0]?.replace(/^# /, '') ?? name, () => {
      const now = replay(text);
      if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(file, now);
      else expect(now).toBe(text);
    });
  }
});
