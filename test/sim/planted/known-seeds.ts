// For each planted bug a seed that catches it, so that CI need not hunt. `npm run sim -- --planted --update` writes the file
// anew; that is needed when the simulator has changed, because a seed is another run then.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'test/sim/planted/known-seeds.json';

export function readKnownSeeds(root: string): ReadonlyMap<string, number> {
  const table = JSON.parse(readFileSync(join(root, FILE), 'utf8')) as Record<string, number>;
  return new Map(Object.entries(table));
}

export function writeKnownSeeds(root: string, seeds: ReadonlyMap<string, number>): void {
  writeFileSync(join(root, FILE), `${JSON.stringify(Object.fromEntries(seeds), undefined, 2)}\n`);
}
