// `npm run conformance`: shows every behaviour against a live cluster, prints the matrix and writes docs/conformance.md. Exit code 1
// when a behaviour that is shown fails.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import type { Vitest } from 'vitest/node';
import { playProject, positive } from '../support/play.ts';
import behaviourFile from './behaviours.json' with { type: 'json' };
import { type Behaviour, idIn } from './behaviours.ts';
import { matrixPage, matrixText, outcomes } from './matrix.ts';
import { passWishes } from './wishes.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BEHAVIOURS: readonly Behaviour[] = behaviourFile.behaviours;

interface Flags {
  readonly only?: readonly string[];
  readonly killLeader?: number;
  readonly seed: number;
  readonly output: string;
}

await new Command('conformance')
  .description(
    'Shows the behaviours of a conformant Kubernetes cluster against three live servers of the built command.',
  )
  .option('--only <ids>', 'some behaviours, such as CB-081,CB-082', ids)
  .option('--kill-leader <seconds>', 'kill the leader with -9 this often meanwhile', positive)
  .option('--seed <n>', 'which server each request goes to follows from it', positive, 1)
  .option('--output <form>', 'text or json', 'text')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run conformance\n  npm run conformance -- --kill-leader 20\n  npm run conformance -- --only CB-081,CB-082\n',
  )
  .action(run)
  .parseAsync();

async function run(flags: Flags): Promise<void> {
  passWishes({ killLeaderEverySeconds: flags.killLeader, only: flags.only, seed: flags.seed });
  const reporters = flags.output === 'json' ? [] : ['verbose'];
  const vitest = await playProject(ROOT, 'conformance', 'test/conformance/conformance.test.ts', reporters);
  const shown = outcomes(BEHAVIOURS, resultsOf(vitest));
  await vitest.close();
  if (flags.output === 'json') process.stdout.write(`${JSON.stringify(shown)}\n`);
  else process.stdout.write(`\n${matrixText(shown)}\n`);
  // A part of them must not overwrite what the whole has shown.
  if (flags.only === undefined) writeFileSync(join(ROOT, 'docs', 'conformance.md'), matrixPage(shown));
}

function resultsOf(vitest: Vitest): ReadonlyMap<string, boolean> {
  const results = new Map<string, boolean>();
  for (const module of vitest.state.getTestModules())
    for (const test of module.children.allTests()) {
      const id = idIn(test.name);
      const { state } = test.result();
      if (id !== undefined && (state === 'passed' || state === 'failed')) results.set(id, state === 'passed');
    }
  return results;
}

function ids(text: string): readonly string[] {
  const list = text.split(',');
  const unknown = list.find((id) => !BEHAVIOURS.some((each) => each.id === id));
  if (unknown === undefined) return list;
  throw new InvalidArgumentError(`There is no behaviour ${unknown}; docs/conformance.md lists them.`);
}
