// Builds dist/: derives the API schema from the published type maps, bundles each entry point with esbuild, and runs a small
// cluster once, which leaves the code caches that take a third off every later start (src/launch).
// `--if-stale` does nothing when dist/ is newer than every source; `--derive-only` stops after the schema.
import './node-version.mjs';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// After the look at the version: an old Node.js may not load it.
const { build } = await import('esbuild');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = join(root, 'dist', '.built');
const DERIVED = join(root, 'src', 'api', 'generated', 'schema.json');

/** What is started often, each from a bundle with a code cache (src/launch): output name → source. Threads are loaded by URL. */
const CACHED = {
  quorate: 'src/cli/index.ts',
  'raft-thread': 'raft/adapters/thread/raft-thread.ts',
  'log-thread': 'raft/adapters/thread/log-thread.ts',
};
/** Tools for developers: output name → source. */
const TOOLS = {
  sim: 'test/sim/main.ts',
  chaos: 'chaos/main.ts',
  launcher: 'chaos/launcher/main.ts',
  'link-thread': 'chaos/network/link-thread.ts',
  bench: 'bench/main.ts',
  conformance: 'test/conformance/main.ts',
  transcripts: 'test/kubectl/main.ts',
};
/** What a server is made of. */
const SOURCES = ['src', 'raft', 'cluster', 'package.json'];
/** How long it runs after it is ready: threads write theirs when they have worked for a second. */
const TRAINING_MS = 2_000;
/** A cluster that has not come up by then leaves no caches. */
const TRAINING_LIMIT_MS = 60_000;

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
  console.error('building dist/, and running a cluster once so that later ones start fast: about ten seconds');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const names = await bundleCached();
  await build({
    ...options(),
    entryPoints: [
      { in: join(root, 'src/main.ts'), out: 'quorate' },
      ...Object.entries(TOOLS).map(([out, source]) => ({ in: join(root, source), out })),
    ],
    outdir: join(root, 'dist'),
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: { COMMAND_BUNDLE: JSON.stringify(names.get('quorate')) },
  });
  for (const thread of ['raft-thread', 'log-thread']) await launchThread(thread, names.get(thread));
  await trainCaches();
  writeFileSync(STAMP, '');
}

/** The commit that is built, as GET /version tells it. Sources without their history are told by what is in them. */
function builtFrom() {
  const git = (...args) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    // Another repository's history, around these sources, says nothing of them.
    if (git('rev-parse', '--show-prefix').trim() !== '') throw new Error('not the top of a repository');
    const [commit, seconds] = git('log', '-1', '--format=%H %ct').trim().split(' ');
    const tree = git('status', '--porcelain', '--', ...SOURCES) === '' ? 'clean' : 'dirty';
    return { commit, tree, date: `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z` };
  } catch {
    const hash = createHash('sha1');
    for (const path of SOURCES.flatMap(filesBelow)) hash.update(path).update(readFileSync(join(root, path)));
    return { commit: hash.digest('hex'), tree: 'archive', date: '1970-01-01T00:00:00Z' };
  }
}

function filesBelow(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .filter((name) => name !== 'generated')
    .flatMap((name) => filesBelow(`${path}/${name}`));
}

/** One file each, named by its content; returns their file names by output name. */
async function bundleCached() {
  const { outputs } = (
    await build({
      ...options(),
      entryPoints: Object.entries(CACHED).map(([out, source]) => ({ in: join(root, source), out })),
      outdir: join(root, 'dist'),
      entryNames: '[name]-[hash]',
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      banner: {},
      charset: 'ascii',
      // An import() of a library that lies outside would ask for a loader that a script does not have.
      supported: { 'dynamic-import': false },
      metafile: true,
      define: { BUILT_FROM: JSON.stringify(builtFrom()) },
    })
  ).metafile;
  const bundles = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint !== undefined);
  return new Map(
    Object.entries(CACHED).map(([out, source]) => {
      const [path] = bundles.find(([, { entryPoint }]) => entryPoint === source);
      return [out, basename(path)];
    }),
  );
}

/** What a Worker is given to run. */
async function launchThread(name, bundle) {
  const contents = `import { runBundle } from './src/launch/index.ts';
runBundle(new URL('./${bundle}', import.meta.url), 'thread');`;
  const stdin = { contents, resolveDir: root, sourcefile: `${name}.ts`, loader: 'ts' };
  await build({ ...options(), stdin, outfile: join(root, 'dist', `${name}.js`), sourcemap: false });
}

/** Runs a small cluster: each of its processes writes what V8 has compiled when it ends. Without them all works, and starts slower. */
async function trainCaches() {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-build-'));
  const asked = ['up', '--servers', '1', '--workers', '1', '--runtime', 'simulated', '--port', '0', '--output', 'json'];
  const command = [join(root, 'dist', 'quorate.js'), ...asked, '--data-dir', join(folder, 'cluster')];
  const cluster = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] });
  const limit = setTimeout(() => cluster.kill('SIGINT'), TRAINING_LIMIT_MS);
  cluster.stdout.once('data', () => setTimeout(() => cluster.kill('SIGINT'), TRAINING_MS));
  await once(cluster, 'close');
  clearTimeout(limit);
  rmSync(folder, { recursive: true, force: true });
  if (!readdirSync(join(root, 'dist')).some((name) => name.endsWith('.cache')))
    console.error('no cluster could be started to prepare the code caches: starts will take longer');
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
    external: ['classic-level', 'dockerode', 'esbuild', 'vitest', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'],
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    sourcemap: 'linked',
    logLevel: 'warning',
  };
}
