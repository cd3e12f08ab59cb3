// Every trap is shown by a test that exists: a table that names them cannot rot.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PLANTED } from '../sim/planted/table.ts';
import { type Evidence, TRAPS } from './traps.ts';

const TESTS = new URL('../', import.meta.url);

/** What is wrong with a piece of evidence; undefined when it is there. */
function missing(evidence: Evidence): string | undefined {
  switch (evidence.kind) {
    case 'transcript':
      return existsSync(new URL(`raft/core/transcripts/${evidence.file}`, TESTS)) ? undefined : evidence.file;
    case 'planted':
      return PLANTED.some(({ name }) => name === evidence.name) ? undefined : `planted bug ${evidence.name}`;
    case 'test': {
      const file = new URL(evidence.file, TESTS);
      const found =
        existsSync(file) && titlesOf(readFileSync(file, 'utf8')).some((title) => title.includes(evidence.title));
      return found ? undefined : `${evidence.file}: ${evidence.title}`;
    }
    default:
      return evidence satisfies never;
  }
}

/** The titles of the tests in a file. Those that are skipped show nothing. */
function titlesOf(source: string): readonly string[] {
  return [...source.matchAll(/\bit(?:\.each\([^\n]*\))?\(\s*(['"`])(.*?)\1,/g)].map((match) => match[2] ?? '');
}

describe('the traps', () => {
  it('are all shown by something that exists', () => {
    const traps = TRAPS.flatMap(({ traps: each }) => each);
    expect(traps.filter(({ evidence }) => evidence.length === 0)).toEqual([]);
    expect(
      traps.flatMap(({ trap, evidence }) =>
        evidence.flatMap((each) => missing(each) ?? []).map((gone) => `${trap}: ${gone}`),
      ),
    ).toEqual([]);
  });

  it('are fifty, in the nine sections of the catalogue', () => {
    expect(TRAPS.map(({ section, traps }) => `${section} ${traps.length}`)).toEqual([
      'Election 9',
      'Replication 9',
      'Snapshots 7',
      'Membership 7',
      'Reads 6',
      'Durability 5',
      'Clients 3',
      'Apply 2',
      'Liveness 4',
    ]);
    const names = TRAPS.flatMap(({ traps }) => traps.map(({ trap }) => trap));
    expect(new Set(names).size).toBe(names.length);
  });

  it('name every transcript that says it is about one', () => {
    const named = new Set(
      TRAPS.flatMap(({ traps }) =>
        traps.flatMap(({ evidence }) => evidence.map((each) => (each.kind === 'transcript' ? each.file : ''))),
      ),
    );
    const folder = new URL('raft/core/transcripts/', TESTS);
    const about = readdirSync(folder)
      .filter((file) => file.endsWith('.txt'))
      .filter((file) => /^# Traps?:/.test(readFileSync(new URL(file, folder), 'utf8')));
    expect(about.filter((file) => !named.has(file))).toEqual([]);
  });
});
