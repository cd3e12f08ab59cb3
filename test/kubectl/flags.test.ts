// "kubectl to the last flag", counted: each flag of each verb is used by a transcript or stands in a table of docs/kubectl-flags with
// the reason why not. `npm test` asks the newest kubectl that is there, `npm run transcripts -- --flags` every version. No server runs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kubectlBinary } from '../e2e/support/kubectl.ts';
import { type Audit, audit, staleClaims } from './flags/audit.ts';
import { readVerbs } from './flags/help.ts';
import { parseListed } from './flags/listed.ts';
import { parseTranscript } from './transcript.ts';
import { ALL_VERSIONS, readTranscriptWishes } from './wishes.ts';

const READING_LIMIT_MS = 180_000;
const TRANSCRIPTS = join(import.meta.dirname, 'transcripts');
const TABLES = join(import.meta.dirname, '..', '..', 'docs', 'kubectl-flags');

const there = ALL_VERSIONS.filter((version) => kubectlBinary(version) !== undefined);
const wished = readTranscriptWishes().versions;
const versions = wished === undefined ? there.slice(-1) : there.filter((version) => wished.includes(version));
const rows = textsOf(TABLES, '.md').flatMap(({ name, text }) => parseListed(name, text));
const cases = textsOf(TRANSCRIPTS, '.txt').flatMap(({ text }) => parseTranscript(text));
if (versions.length === 0) process.stderr.write('skipped: no kubectl of a known version is on this machine\n');

describe.skipIf(versions.length === 0)('the flags of kubectl', () => {
  const audits = new Map<string, Audit>();
  beforeAll(async () => {
    for (const version of versions) {
      const verbs = await readVerbs(kubectlBinary(version) ?? '');
      audits.set(version, audit({ minor: Number(version.slice(2)), verbs }, cases, rows));
    }
  }, READING_LIMIT_MS);

  it.each(versions)('of %s are in transcripts, or in a table with the reason why not', (version) => {
    const found = audits.get(version);
    if (found === undefined) throw new Error(`kubectl ${version} was not read`);
    process.stderr.write(
      `kubectl ${version}: ${found.flags} flags of ${found.verbs} verbs, ${found.covered} in transcripts, ${found.listed} in tables\n`,
    );
    // So many verbs and flags have all of them: fewer were not read well.
    expect(found.verbs).toBeGreaterThan(100);
    expect(found.flags).toBeGreaterThan(850);
    expect(found.missing).toEqual([]);
  });

  it('that tables list are there, and in no transcript', () => {
    expect(staleClaims(rows, [...audits.values()])).toEqual([]);
  });
});

function textsOf(folder: string, ending: string): readonly { name: string; text: string }[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}
