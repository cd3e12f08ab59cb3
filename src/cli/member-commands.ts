// The commands that change who the servers of a running cluster are, and who leads: what can be said.
import type { Command } from 'commander';
import { dataDirOption, outputOption, wholeNumber } from './options.ts';

const EXIT_CODES = `
Exit codes: 0 done; 1 refused or failed, and the cluster is as before; 2 wrong usage; 3 no leader could be found, and
nothing was changed; 4 refused, because it would harm the cluster; 5 begun, and not over: it goes on by itself.
`;

interface Common {
  readonly dataDir: string;
}

export function addMemberCommands(program: Command): void {
  const member = program
    .command('member')
    .description('List, add, promote and remove the servers of a running cluster.')
    .addHelpText(
      'after',
      '\nExamples:\n  quorate member list\n  quorate member add                from one server to two, from two to three …\n' +
        '  quorate member remove server-2 && quorate member add     replace a server that lost its disk\n' +
        EXIT_CODES,
    );
  addList(member);
  addAdd(member);
  addPromote(member);
  addRemove(member);
  addTransfer(program);
}

function addList(member: Command): void {
  member
    .command('list')
    .description('Show the members as the leader knows them, and the servers that are coming or going.')
    .addOption(dataDirOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      "\nExamples:\n  quorate member list\n  quorate member list --output json | jq -r '.members[].id'\n",
    )
    .action(async (options: Common & { output: 'text' | 'json' }) => {
      const { memberList } = await import('./members.ts');
      process.exitCode = await memberList(options.dataDir, options.output);
    });
}

function addAdd(member: Command): void {
  member
    .command('add')
    .description('Add a server: it starts, catches up as a learner, and then votes. Its id was never used before.')
    .addOption(dataDirOption())
    .option(
      '--learner',
      'leave it a learner: it holds everything and counts for nothing, until `member promote`',
      false,
    )
    .option('--count <n>', 'how many, one after the other', wholeNumber, 1)
    .addHelpText(
      'after',
      `\nExamples:\n  quorate member add\n  quorate member add --count 2\n  quorate member add --learner\n${EXIT_CODES}`,
    )
    .action(async (options: Common & { learner: boolean; count: number }) => {
      const { memberAdd } = await import('./members.ts');
      await memberAdd(options.dataDir, options.count, options.learner);
    });
}

function addPromote(member: Command): void {
  member
    .command('promote')
    .argument('<id>', 'a learner, such as server-4')
    .description('Make a learner a voter, once it has caught up.')
    .addOption(dataDirOption())
    .addHelpText('after', `\nExample:\n  quorate member promote server-4\n${EXIT_CODES}`)
    .action(async (id: string, options: Common) => {
      const { memberPromote } = await import('./members.ts');
      await memberPromote(options.dataDir, id);
    });
}

function addRemove(member: Command): void {
  member
    .command('remove')
    .argument('<id>', 'a server, such as server-2')
    .description(
      'Remove a server for good: it hands over leadership, is no member any more, and its process ends. Its data is moved to removed/ in the data directory, never deleted; its keys are deleted.',
    )
    .addOption(dataDirOption())
    .option(
      '--force',
      'although the voters that remain have no living majority: nothing can then be read or written until enough of them are back',
      false,
    )
    .addHelpText(
      'after',
      `\nExamples:\n  quorate member remove server-3\n  quorate member remove server-2 && quorate member add\n${EXIT_CODES}`,
    )
    .action(async (id: string, options: Common & { force: boolean }) => {
      const { memberRemove } = await import('./members.ts');
      await memberRemove(options.dataDir, id, options.force);
    });
}

function addTransfer(program: Command): void {
  program
    .command('leader')
    .description('Who leads.')
    .command('transfer')
    .argument('[id]', 'the voter that shall lead; the one that is furthest unless given')
    .description('Hand leadership over; returns when another server leads.')
    .addOption(dataDirOption())
    .addHelpText('after', `\nExamples:\n  quorate leader transfer\n  quorate leader transfer server-2\n${EXIT_CODES}`)
    .action(async (id: string | undefined, options: Common) => {
      const { leaderTransfer } = await import('./members.ts');
      await leaderTransfer(options.dataDir, id);
    });
}
