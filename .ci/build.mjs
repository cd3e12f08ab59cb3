// Builds dist/: derives the API schema from the published type maps, then bundles each entry point with esbuild.
// `--if-stale` does nothing when dist/ is newer than every source; `--derive-only` stops after the schema.
import './node-version.mjs';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// After the look at the version: an old Node.js may not load it.
const { build } = await import('esbuild');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = join(root, 'dist', '.built');
const DERIVED = join(root, 'src', 'api', 'generated', 'schema.json');

/** Entry points: output name → source. Threads are entries of their own, loaded by URL next to the command. */
const ENTRIES = {
  quorate: 'src/main.ts',
  'raft-thread': 'raft/adapters/thread/raft-thread.ts',
  'log-thread': 'raft/adapters/thread/log-thread.ts',
  sim: 'test/sim/main.ts',
  chaos: 'chaos/main.ts',
  launcher: 'chaos/launcher/main.ts',
  'link-thread': 'chaos/network/link-thread.ts',
  bench: 'bench/main.ts',
};

const flags = new Set(process.argv.slice(2));
if (
  flags.has('--if-stale') &&
  isFresh(STAMP, ['src', 'raft', 'cluster', 'chaos', 'bench', 'test/sim', 'package.json', '.ci'])
)
  process.exit(0);
if (
  !isFresh(DERIVED, ['src/api/facts', 'src/api/schema', 'src/api/protobuf', 'src/api/resources', 'package-lock.json'])
)
  await deriveSchema();
if (!flags.has('--derive-only')) await bundle();

/** True when `output` exists and is newer than every file below `inputs`. */
function isFresh(output, inputs) {
  const built = modified(output);
  return built > 0 && inputs.every((input) => newest(join(root, input)) < built);
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path)
    .filter((name) => name !== 'generated')
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}

/** Runs src/api/schema/derive.ts, which writes src/api/generated/schema.json. */
async function deriveSchema() {
  const outfile = join(root, 'dist', 'derive.js');
  await build({ ...options(), entryPoints: [join(root, 'src/api/schema/derive.ts')], outfile });
  mkdirSync(dirname(DERIVED), { recursive: true });
  const { deriveSchemaFile } = await import(pathToFileURL(outfile).href);
  await deriveSchemaFile(root, DERIVED);
  rmSync(outfile);
}

async function bundle() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const entryPoints = Object.entries(ENTRIES)
    .filter(([, source]) => modified(join(root, source)) > 0)
    .map(([out, source]) => ({ in: join(root, source), out }));
  await build({
    ...options(),
    entryPoints,
    outdir: join(root, 'dist'),
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  writeFileSync(STAMP, '');
}

/**
 * Libraries in plain JavaScript are bundled, because finding and opening their many files is most of a cold start. External
 * are those with native parts or files of their own.
 */
function options() {
  return {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['classic-level', 'dockerode', 'esbuild', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'],
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    sourcemap: 'linked',
    logLevel: 'warning',
  };
}
