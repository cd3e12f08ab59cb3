// Runs a bundle from V8's code cache. Reading and compiling four megabytes of source is a third of what a process does before it
// is of use; what V8 has made of it once is kept beside the bundle, one cache for each role a process may have, because each runs
// other parts of it. A cache that is missing, or of another Node.js, costs time and nothing else: it is made anew when the process
// ends. The bundle's name holds a hash of its content, so no cache is ever taken for that of another build. It
// imports nothing of the other rooms: all that it did would be loaded without a cache.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** Later, V8 has dropped what ran only at the start. */
const CACHE_AGE_LIMIT_SECONDS = 60;
/** Threads are ended without a last word: theirs is made when they have been at work for so long. */
const THREAD_CACHE_AFTER_MS = 1_000;
const PARAMETERS = 'exports, require, module, __filename, __dirname';

/** Evaluates a CommonJS bundle of ASCII text; returns what it exports. Throws what its evaluation throws. */
export function runBundle(bundle: URL, role: string): unknown {
  const file = fileURLToPath(bundle);
  const cacheFile = `${file.replace(/\.cjs$/, '')}.${role}.cache`;
  const cachedData = readIfThere(cacheFile);
  const source = `(function (${PARAMETERS}) {${readFileSync(file, 'latin1')}\n})`;
  const script = new Script(source, { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected === true) writeLater(script, cacheFile);
  const module = { exports: {} };
  const evaluate = script.runInThisContext() as (...parameters: readonly unknown[]) => void;
  evaluate(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function writeLater(script: Script, path: string): void {
  const write = (): void => {
    if (process.uptime() <= CACHE_AGE_LIMIT_SECONDS) writeCache(script, path);
  };
  if (isMainThread) process.once('exit', write);
  else setTimeout(write, THREAD_CACHE_AFTER_MS);
}

function writeCache(script: Script, path: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, script.createCachedData());
    renameSync(draft, path);
  } catch {
    // Installed where this user may not write, or replaced by a newer build: it starts without a cache then.
  }
}
