// `npm run transcripts`: plays what kubectl prints, verb by verb, against three live servers of the built command.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { playProject, positive } from '../support/play.ts';
import { ALL_VERSIONS, passTranscriptWishes } from './wishes.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = readdirSync(join(ROOT, 'test', 'kubectl', 'transcripts')).map((name) => name.replace(/\.txt$/, ''));

await new Command('transcripts')
  .description(
    'Plays the transcripts of test/kubectl/transcripts with every kubectl that lies beside the one on the PATH.',
  )
  .option('--versions <list>', 'versions of kubectl, such as 1.27,1.33', versions, ALL_VERSIONS)
  .option('--only <files>', 'some files, such as create,get', files)
  .option('--seed <n>', 'which server each command goes to follows from it', positive, 1)
  .option('--flags', 'plays nothing: names the flags of kubectl that no transcript uses and no table lists', false)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run transcripts\n  npm run transcripts -- --only create,get --versions 1.32\n  npm run transcripts -- --flags\n',
  )
  .action(async (flags: { versions: readonly string[]; only?: readonly string[]; seed: number; flags: boolean }) => {
    passTranscriptWishes({ versions: flags.versions, only: flags.only, seed: flags.seed });
    const file = flags.flags ? 'flags.test.ts' : 'transcripts.test.ts';
    const vitest = await playProject(ROOT, 'kubectl', `test/kubectl/${file}`, ['verbose']);
    await vitest.close();
  })
  .parseAsync();

function files(text: string): readonly string[] {
  const list = text.split(',');
  const unknown = list.find((name) => !FILES.includes(name));
  if (unknown === undefined) return list;
  throw new InvalidArgumentError(`There is no transcript ${unknown}; there are ${FILES.join(', ')}.`);
}

function versions(text: string): readonly string[] {
  const list = text.split(',');
  const unknown = list.find((version) => !ALL_VERSIONS.includes(version));
  if (unknown === undefined) return list;
  throw new InvalidArgumentError(
    `There is no transcript for kubectl ${unknown}; there are ${ALL_VERSIONS.join(', ')}.`,
  );
}
