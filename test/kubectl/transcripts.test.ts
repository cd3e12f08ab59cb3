// What kubectl prints, verb by verb, against three live servers: transcripts/*.txt. `npm test` plays every sixth case, each with
// one version of kubectl, all versions in turn; `npm run transcripts` plays all cases with all of them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { kubectlBinary } from '../e2e/support/kubectl.ts';
import { openStage, type Stage } from './scene.ts';
import { parseTranscript, type TranscriptCase } from './transcript.ts';
import { ALL_VERSIONS, readTranscriptWishes } from './wishes.ts';

const FOLDER = join(import.meta.dirname, 'transcripts');
const CASE_LIMIT_MS = 180_000;
/** Every so many of them, where nobody wishes for more: CI has two minutes for them. */
const SAMPLED = 6;
const wishes = readTranscriptWishes();
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt') && wishes.only?.includes(name.slice(0, -4)) !== false)
  .flatMap((name) =>
    parseTranscript(readFileSync(join(FOLDER, name), 'utf8')).map((told) => ({ file: name.slice(0, -4), told })),
  );
const binaries = new Map((wishes.versions ?? ALL_VERSIONS).map((version) => [version, kubectlBinary(version)]));
for (const [version, binary] of binaries)
  if (binary === undefined) process.stderr.write(`skipped: kubectl ${version}: it is not on this machine\n`);

describe('transcripts', () => {
  let stage: Stage;
  beforeAll(async () => {
    process.stderr.write(`transcripts: seed ${wishes.seed}\n`);
    stage = await openStage(wishes.seed);
  });
  afterAll(() => stage.stop());

  const played = wishes.versions === undefined ? cases.filter((_, at) => at % SAMPLED === 0) : cases;
  for (const [at, { file, told }] of played.entries())
    for (const version of versionsFor(told, at)) {
      const binary = binaries.get(version);
      const name = `${version} ${file}: ${told.title}`;
      if (binary === undefined) it.skip(name);
      else (told.isAlone ? it : it.concurrent)(name, () => stage.play(told, binary), CASE_LIMIT_MS);
    }
});

/** Of those that are there, the ones that the case holds for: all that are wished for, or one. */
function versionsFor(told: TranscriptCase, at: number): readonly string[] {
  const fitting = (wishes.versions ?? ALL_VERSIONS).filter((version) => holdsFor(told, version));
  if (wishes.versions !== undefined) return fitting;
  const there = fitting.filter((version) => binaries.get(version) !== undefined);
  const candidates = there.length > 0 ? there : fitting;
  return candidates.slice(at % candidates.length, (at % candidates.length) + 1);
}

function holdsFor({ since, until }: TranscriptCase, version: string): boolean {
  const minor = Number(version.slice(version.indexOf('.') + 1));
  return since <= minor && minor <= until;
}
