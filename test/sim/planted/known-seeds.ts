// For each planted bug a run that catches it, so that CI need not hunt: a seed, and the share of a whole run that is enough.
// `npm run sim -- --planted --update` writes the file anew; that is needed when the simulator has changed, because a seed is
// another run then.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'test/sim/planted/known-seeds.json';

export interface KnownSeed {
  readonly seed: number;
  readonly share: number;
}

export function readKnownSeeds(root: string): ReadonlyMap<string, KnownSeed> {
  const table = JSON.parse(readFileSync(join(root, FILE), 'utf8')) as Record<string, KnownSeed>;
  return new Map(Object.entries(table));
}

export function writeKnownSeeds(root: string, seeds: ReadonlyMap<string, KnownSeed>): void {
  const lines = [...seeds].map(([name, known]) => `  ${JSON.stringify(name)}: ${spaced(known)}`);
  writeFileSync(join(root, FILE), `{\n${lines.join(',\n')}\n}\n`);
}

/** As the formatter wants it. */
function spaced({ seed, share }: KnownSeed): string {
  return `{ "seed": ${seed}, "share": ${share} }`;
}
