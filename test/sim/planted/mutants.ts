// Makes mutants: copies of the simulator in which one production file has one planted bug. The change is made on a copy in
// memory while esbuild bundles it; the tree is never touched.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import type { PlantedBug } from './bug.ts';

/** The root of the repository, found from the source as well as from the bundle. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The file with the bug in it. Throws when the bug's text is not there exactly once. */
export function mutate(bug: PlantedBug, source: string): string {
  const parts = source.split(bug.find);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined) {
    throw new Error(`planted bug ${bug.name}: its text occurs ${parts.length - 1} times in ${bug.file}, not once`);
  }
  return `${before}${bug.replace}${after}`;
}

/** Throws for the first bug that no longer applies. */
export function checkAll(bugs: readonly PlantedBug[], root: string): void {
  for (const bug of bugs) mutate(bug, readFileSync(join(root, bug.file), 'utf8'));
}

function planting(bug: PlantedBug, root: string): Plugin {
  const path = join(root, bug.file);
  return {
    name: bug.name,
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, (file) =>
        file.path === path ? { contents: mutate(bug, readFileSync(path, 'utf8')), loader: 'ts' } : undefined,
      );
    },
  };
}

/** A folder of mutants, removed with all that is in it by dispose(). */
export class Workshop {
  readonly root = repositoryRoot();
  /** In the tree, so that the mutants find the libraries. */
  readonly #folder = mkdtempSync(join(this.root, 'node_modules', '.planted-'));

  /** Bundles the simulator with `bug`, or as it is. Returns the path of what is to be run. */
  async build(bug: PlantedBug | undefined, entry = 'test/sim/planted/child.ts'): Promise<string> {
    const { build } = await import('esbuild');
    const outfile = join(this.#folder, `${bug?.name ?? 'control'}.mjs`);
    await build({
      absWorkingDir: this.root,
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      logLevel: 'error',
      plugins: bug === undefined ? [] : [planting(bug, this.root)],
      outfile,
    });
    return outfile;
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
