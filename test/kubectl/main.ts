// `npm run transcripts`: plays what kubectl prints, verb by verb, against three live servers of the built command.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { startVitest } from 'vitest/node';
import { ALL_VERSIONS, passTranscriptWishes } from './wishes.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

await new Command('transcripts')
  .description(
    'Plays the transcripts of test/kubectl/transcripts with every kubectl that lies beside the one on the PATH.',
  )
  .option('--versions <list>', 'versions of kubectl, such as 1.27,1.33', versions, ALL_VERSIONS)
  .option('--only <files>', 'some files, such as create,get', (text) => text.split(','))
  .option('--seed <n>', 'which server each command goes to follows from it', positive, 1)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run transcripts\n  npm run transcripts -- --only create,get --versions 1.32\n',
  )
  .action(async (flags: { versions: readonly string[]; only?: readonly string[]; seed: number }) => {
    passTranscriptWishes({ versions: flags.versions, only: flags.only, seed: flags.seed });
    process.env['QUORATE_PREBUILT'] = '1';
    const vitest = await startVitest('test', ['test/kubectl/transcripts.test.ts'], {
      root: ROOT,
      config: join(ROOT, 'test', 'vitest.config.ts'),
      watch: false,
      project: 'kubectl',
      reporters: ['verbose'],
    });
    await vitest.close();
  })
  .parseAsync();

function versions(text: string): readonly string[] {
  const list = text.split(',');
  const unknown = list.find((version) => !ALL_VERSIONS.includes(version));
  if (unknown === undefined) return list;
  throw new InvalidArgumentError(
    `There is no transcript for kubectl ${unknown}; there are ${ALL_VERSIONS.join(', ')}.`,
  );
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
