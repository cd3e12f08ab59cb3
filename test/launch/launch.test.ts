// A bundle run from V8's code cache: the first process leaves one, the next takes it, and a cache that does not fit costs nothing.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle } from '../support/bundled.ts';

const BUNDLE = `exports.sum = (a, b) => a + b; exports.file = __filename; exports.join = require('node:path').join('a', 'b');`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-launch-'));
  writeFileSync(join(folder, 'program-HASH.cjs'), BUNDLE);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a process says that runs the bundle in the role, and prints what its parts are. */
async function run(role: string, mainOrThread: 'main' | 'thread' = 'main'): Promise<unknown> {
  const launcher = join(folder, 'launcher.mjs');
  await bundle('src/launch/index.ts', launcher);
  const program = pathToFileURL(join(folder, 'program-HASH.cjs')).href;
  const body = `import { runBundle } from ${JSON.stringify(pathToFileURL(launcher).href)};
const { sum, file, join } = runBundle(new URL(${JSON.stringify(program)}), ${JSON.stringify(role)});
console.log(JSON.stringify([sum(1, 2), file, join]));`;
  const main = join(folder, 'main.mjs');
  writeFileSync(main, body);
  const worker = `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(main)});`;
  const from = join(folder, 'from.mjs');
  writeFileSync(from, worker);
  const out = execFileSync(process.execPath, [mainOrThread === 'main' ? main : from], { encoding: 'utf8' });
  return JSON.parse(out);
}

function caches(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.cache'));
}

it.each(['main', 'thread'] as const)('a %s evaluates a bundle with and without its cache alike', async (where) => {
  const expected = [3, join(folder, 'program-HASH.cjs'), 'a/b'];
  expect(await run('up', where)).toEqual(expected);
  expect(caches()).toEqual(['program-HASH.up.cache']);
  const made = readFileSync(join(folder, 'program-HASH.up.cache'));
  expect(await run('up', where)).toEqual(expected);
  expect(readFileSync(join(folder, 'program-HASH.up.cache')).equals(made)).toBe(true);
});

it('keeps a cache for each role', async () => {
  await run('up');
  await run('server');
  expect(caches().sort()).toEqual(['program-HASH.server.cache', 'program-HASH.up.cache']);
});

it('makes a cache anew that is not one', async () => {
  const file = join(folder, 'program-HASH.up.cache');
  writeFileSync(file, 'not a cache');
  expect(await run('up')).toEqual([3, join(folder, 'program-HASH.cjs'), 'a/b']);
  expect(readFileSync(file, 'latin1')).not.toBe('not a cache');
});
