// The commands that keep a copy of a cluster, and make a cluster of it or of what is left of one.
import { type Command, Option } from 'commander';
import { dataDirOption, outputOption, wholeNumber } from './options.ts';

type Output = 'text' | 'json';

export function addSnapshotCommands(program: Command): void {
  const snapshot = program
    .command('snapshot')
    .description('Save a whole cluster to a file, verify such a file, and make a new cluster of it.');
  addSave(snapshot);
  addVerify(snapshot);
  addRestore(snapshot);
}

function addSave(snapshot: Command): void {
  snapshot
    .command('save <file>')
    .description(
      'Save the cluster: objects, keys, tokens, configuration. From a running server, or from the data directory when the ' +
        'cluster is stopped. The file holds secrets: keep it like a key.',
    )
    .addOption(dataDirOption())
    .option('--force', 'replace the file if it exists', false)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  quorate snapshot save backup.qsnap\n  quorate snapshot save backup.qsnap --force --output json\n' +
        '\nExit codes: 0 saved and verified, 1 not saved (the file is as it was), 2 wrong usage.\n',
    )
    .action(async (file: string, options: { dataDir: string; force: boolean; output: Output }) => {
      const { saveSnapshot } = await import('./snapshot/save.ts');
      await saveSnapshot(file, options);
    });
}

function addVerify(snapshot: Command): void {
  snapshot
    .command('verify <file>')
    .description('Read a snapshot as a restore would, and say what is in it. Needs no cluster.')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  quorate snapshot verify backup.qsnap\n  quorate snapshot verify backup.qsnap --output json | jq .byResource\n' +
        '\nExit codes: 0 intact, 1 damaged (with the place), not a snapshot, or of a newer version, 2 wrong usage.\n',
    )
    .action(async (file: string, options: { output: Output }) => {
      const { verifySnapshot } = await import('./snapshot/verify.ts');
      await verifySnapshot(file, options.output);
    });
}

function addRestore(snapshot: Command): void {
  snapshot
    .command('restore <file>')
    .description(
      'Make a new cluster of a snapshot, in an empty folder: new id, same authority and keys, revisions raised so that ' +
        'clients notice. Then start it with `quorate up`.',
    )
    .addOption(new Option('--data-dir <folder>', 'where the new cluster keeps everything').makeOptionMandatory())
    .option('--servers <n>', 'API servers of the new cluster (as many as were saved)', wholeNumber)
    .option('--port <port>', "the load balancer's port; 0 picks free ones (the saved one)", wholeNumber)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  quorate snapshot restore backup.qsnap --data-dir ./restored --port 7443\n' +
        '  quorate snapshot restore backup.qsnap --data-dir ./small --servers 1 --port 0\n' +
        '\nExit codes: 0 restored, 1 not restored (nothing is left of it), 2 wrong usage.\n',
    )
    .action(
      async (
        file: string,
        options: { dataDir: string; servers: number | undefined; port: number | undefined; output: Output },
      ) => {
        const { restoreSnapshot } = await import('./snapshot/restore.ts');
        await restoreSnapshot(file, options);
      },
    );
}

export function addRecover(program: Command): void {
  program
    .command('recover')
    .description(
      'Make a new cluster of what is left when most servers are lost for good. Shows what would be lost, and asks; without ' +
        'a terminal it changes nothing unless --yes is given. The former servers are moved aside, not removed.',
    )
    .addOption(dataDirOption())
    .option('--from <server>', 'the server to recover from (the one that holds most)')
    .option('--servers <n>', 'API servers of the new cluster (as many as voted)', wholeNumber)
    .option('--yes', 'do it, without asking', false)
    .option('--force', 'although a majority of the servers is intact', false)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  quorate recover                        look: nothing is changed without a yes\n' +
        '  quorate recover --from server-2 --yes\n' +
        '\nExit codes: 0 shown or recovered, 1 not possible or not needed, 2 wrong usage.\n',
    )
    .action(
      async (options: {
        dataDir: string;
        from: string | undefined;
        servers: number | undefined;
        yes: boolean;
        force: boolean;
        output: Output;
      }) => {
        const { recover } = await import('./recover/recover.ts');
        await recover(options);
      },
    );
}
