// What kubectl prints, verb by verb, against three live servers: transcripts/*.txt, in several versions of kubectl.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { kubectlBinary } from '../e2e/support/kubectl.ts';
import { openStage, type Stage } from './scene.ts';
import { parseTranscript, type TranscriptCase } from './transcript.ts';
import { readTranscriptWishes } from './wishes.ts';

const FOLDER = join(import.meta.dirname, 'transcripts');
const CASE_LIMIT_MS = 180_000;
const wishes = readTranscriptWishes();
const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => name.slice(0, -4))
  .filter((name) => wishes.only?.includes(name) !== false);

describe('transcripts', () => {
  let stage: Stage;
  beforeAll(async () => {
    process.stderr.write(`transcripts: seed ${wishes.seed}\n`);
    stage = await openStage(wishes.seed);
  });
  afterAll(() => stage.stop());

  for (const version of wishes.versions) {
    const binary = kubectlBinary(version);
    if (binary === undefined) process.stderr.write(`skipped: kubectl ${version}: it is not on this machine\n`);
    describe.skipIf(binary === undefined)(`of kubectl ${version}`, () => {
      for (const file of files)
        for (const one of parseTranscript(readFileSync(join(FOLDER, `${file}.txt`), 'utf8')))
          if (holdsFor(one, version))
            tell(one)(`${file}: ${one.title}`, () => stage.play(one, binary ?? ''), CASE_LIMIT_MS);
    });
  }
});

function holdsFor({ since, until }: TranscriptCase, version: string): boolean {
  const minor = Number(version.slice(version.indexOf('.') + 1));
  return since <= minor && minor <= until;
}

function tell({ isAlone }: TranscriptCase): typeof it.concurrent {
  return isAlone ? it : it.concurrent;
}
