// The architecture as a test: who may import whom, what is banned and what to use instead, and how long things may be.
// The table is the one of the design; a room's door is its index.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
const SOURCES = ['src', 'raft', 'cluster', 'bench', 'chaos'];
const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

/** Room → rooms it may import besides itself. `doors: any` rooms may see everything through doors. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/lib': [],
  'src/launch': [],
  'raft/core': ['src/lib'],
  'raft/node': ['raft/core', 'src/lib'],
  'raft/adapters': ['raft/node', 'raft/core', 'src/lib'],
  'src/api': ['src/lib'],
  'src/store': ['src/api', 'src/lib', 'raft/core', 'raft/node', 'raft/adapters'],
  'src/apiserver': ['src/store', 'src/api', 'src/lib'],
  'src/client': ['src/api', 'src/lib'],
  'src/controllers': ['src/client', 'src/api', 'src/lib'],
  'src/scheduler': ['src/client', 'src/api', 'src/lib'],
  'src/kubelet': ['src/client', 'src/api', 'src/lib'],
  'src/dashboard': ['src/client', 'src/api'],
  cluster: ['src/lib'],
  chaos: ['cluster', 'src/client', 'src/api', 'src/lib'],
};
/** These see every room, through its door. */
const SEE_EVERYTHING = ['src/cli', 'src/main.ts', 'bench'];

/** What the build and the command look at before anything else. */
const NODE_VERSION_CHECK = '.ci/node-version.mjs';

/** Pattern → what to use instead, and the files that may. */
const BANNED: readonly { readonly pattern: RegExp; readonly instead: string; readonly allowed: readonly string[] }[] = [
  { pattern: /\bDate\.now\(/, instead: 'Clock.now', allowed: ['src/lib/clock.ts'] },
  { pattern: /\bnew Date\(\)/, instead: 'Clock.now', allowed: [] },
  { pattern: /\bperformance\.now\(/, instead: 'Clock.monotonic', allowed: ['src/lib/clock.ts', 'bench/'] },
  { pattern: /\bset(Timeout|Interval)\(/, instead: 'Clock.timer', allowed: ['src/lib/clock.ts', 'src/launch/'] },
  { pattern: /\bMath\.random\(/, instead: 'Prng', allowed: [] },
  {
    pattern: /\bprocess\.exit\(/,
    instead: 'Fatal, or process.exitCode',
    allowed: ['src/cli/', 'chaos/main.ts', 'chaos/launcher/main.ts'],
  },
  { pattern: /\bconsole\.(log|error|warn|info)\(/, instead: 'Logger, or the output of src/cli', allowed: [] },
  { pattern: /(?:from |import\()'dockerode'/, instead: 'the runtime port', allowed: ['src/kubelet/runtime/docker/'] },
  { pattern: /from 'classic-level'/, instead: 'the KeyValue port', allowed: ['src/store/'] },
];

// A room that is still empty has no folder in a fresh clone.
const files = SOURCES.filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) => listFiles(join(ROOT, folder)))
  .map((path) => relative(ROOT, path));
const text = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));

describe('the house', () => {
  it('lets a room import only the rooms that the table names, through their doors', () => {
    expect(files.flatMap(importViolations)).toEqual([]);
  });

  it('uses no banned function where a replacement is named', () => {
    const found = files.flatMap((file) =>
      BANNED.filter((rule) => !rule.allowed.some((allowed) => file.startsWith(allowed)))
        .filter((rule) => rule.pattern.test(withoutComments(sourceOf(file))))
        .map((rule) => `${file}: ${rule.pattern.source} (use ${rule.instead})`),
    );
    expect(found).toEqual([]);
  });

  it('imports no test code in production', () => {
    expect(files.filter((file) => importsOf(file).some((target) => target.startsWith(`test${sep}`)))).toEqual([]);
  });

  it('keeps files short: a long one has two subjects', () => {
    const long = files.filter((file) => sourceOf(file).split('\n').length > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  it('keeps functions short', () => {
    expect(files.flatMap(longFunctions)).toEqual([]);
  });

  it('begins each file with what it is for', () => {
    const silent = files.filter((file) => !/^(#!.*\n)?\/\//.test(sourceOf(file)));
    expect(silent).toEqual([]);
  });

  it('has no value in a door that nobody outside the room uses', () => {
    const all = [...text, ...testFiles().map((file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const)];
    const unused = files.filter(isRoomDoor).flatMap((door) => {
      const visitors = all.filter(([file, source]) => !isInside(file, door) && importsIn(file, source).includes(door));
      return valuesOf(sourceOf(door))
        .filter((name) => !visitors.some(([, source]) => new RegExp(`\\b${name}\\b`).test(source)))
        .map((name) => `${door}: ${name}`);
    });
    expect(unused).toEqual([]);
  });

  it('runs all of its tests: none is marked as the only one', () => {
    const marked = /\b(?:it|test|describe)\.(?:only|todo)\b/;
    const lonely = testFiles().filter((file) => marked.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(lonely.filter((file) => !file.startsWith(`test${sep}architecture`))).toEqual([]);
  });

  it('has no file that nobody imports', () => {
    const entries = [
      'src/main.ts',
      'raft/adapters/thread/raft-thread.ts',
      'raft/adapters/thread/log-thread.ts',
      'chaos/main.ts',
      'chaos/launcher/main.ts',
      'chaos/network/link-thread.ts',
      'src/api/schema/derive.ts',
    ];
    const imported = new Set(files.flatMap(importsOf));
    for (const file of testFiles())
      for (const target of importsIn(file, readFileSync(join(ROOT, file), 'utf8'))) imported.add(target);
    expect(
      files.filter(
        (file) =>
          !file.endsWith('.d.ts') && !imported.has(file) && !entries.includes(file) && !file.startsWith('bench/'),
      ),
    ).toEqual([]);
  });
});

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['generated', 'facts'].includes(entry.name) ? [] : listFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function testFiles(): string[] {
  return listFiles(join(ROOT, 'test')).map((path) => relative(ROOT, path));
}

function isRoomDoor(file: string): boolean {
  return file === `${roomOf(file)}/index.ts`;
}

function isInside(file: string, door: string): boolean {
  return file.startsWith(`${dirname(door)}/`);
}

/** The values that a door names, as others see them; types tell what a signature means, and may stand unused. */
function valuesOf(door: string): string[] {
  return [...door.matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap((match) => (match[1] ?? '').split(','))
    .map((name) => name.trim().replace(/^\w+ as /, ''))
    .filter((name) => name !== '' && !name.startsWith('type '));
}

function sourceOf(file: string): string {
  return text.get(file) ?? '';
}

function importsOf(file: string): string[] {
  return importsIn(file, sourceOf(file));
}

/** Relative imports of a file, as paths from the root. */
function importsIn(file: string, source: string): string[] {
  const found = source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map((match) => normalize(join(dirname(file), match[1] ?? '')));
}

function roomOf(file: string): string {
  if (SEE_EVERYTHING.includes(file)) return file;
  const rooms = [...Object.keys(MAY_IMPORT), ...SEE_EVERYTHING];
  const room = rooms.find((name) => file.startsWith(`${name}/`));
  if (room === undefined) throw new Error(`${file} is in no room of the house`);
  return room;
}

function importViolations(file: string): string[] {
  const room = roomOf(file);
  return importsOf(file).flatMap((target) => {
    if (target.startsWith('test/') || target === NODE_VERSION_CHECK) return [];
    const targetRoom = roomOf(target);
    if (targetRoom === room) return [];
    const allowed = SEE_EVERYTHING.includes(room) || (MAY_IMPORT[room] ?? []).includes(targetRoom);
    if (!allowed) return [`${file} imports ${target}: ${room} may not know ${targetRoom}`];
    const isDoor = target === `${targetRoom}/index.ts`;
    return isDoor ? [] : [`${file} imports ${target}: not the door of ${targetRoom}`];
  });
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** Functions over the limit: the formatter puts a function's last brace under the column of its first line. */
function longFunctions(file: string): string[] {
  const lines = sourceOf(file).split('\n');
  return lines.flatMap((line, start) => {
    const opening =
      /^( *)(?:export )?(?:async )?(?:function\*?|static|private|get|set|override)?\s*[\w#$.<>[\]\s]*\(.*\{$|^( *)(?:export )?const \w+ = .*=> \{$/.exec(
        line,
      );
    if (opening === null || /^\s*(if|for|while|switch|return|describe|it|class|interface)\b/.test(line)) return [];
    const indent = opening[1] ?? opening[2] ?? '';
    const end = lines.findIndex((candidate, i) => i > start && candidate.startsWith(`${indent}}`));
    const length = end - start + 1;
    return end > start && length > FUNCTION_LINES_MAX ? [`${file}:${start + 1} has ${length} lines`] : [];
  });
}
