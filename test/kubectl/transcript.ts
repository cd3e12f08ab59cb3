// A transcript: what a user types, and what kubectl prints, as text that can be read as such. Its form:
//
//   # what the file is about
//   ## a case                       each in a namespace ($NS) and a folder of its own; $PORT is a node port of its own
//   source: where the expectation comes from (at least one for each case)
//   since: 1.28                     versions of kubectl that it holds for; until: likewise
//   alone                           beside no other case, for what changes nodes and the like
//   file NAME                       the lines up to `end` are put into that file
//   end
//   $ kubectl get pods              a line of bash; lines that end in \ go on
//   NAME   READY                    what it prints, see match.ts; nothing: it prints nothing
//   ! Warning: …                    … to standard error
//   exit 1                          it ends with that; 0 where nothing is said
//   until $ kubectl get pods        the same, asked again until it is so: for what controllers do in their own time
//   ignore $ kubectl …              whatever it prints; the exit code counts

export interface TranscriptCommand {
  /** Its line in the file, from 1. */
  readonly line: number;
  readonly text: string;
  readonly mode: 'once' | 'until' | 'ignore';
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exitCode: number;
}

export type TranscriptStep =
  | { readonly kind: 'file'; readonly name: string; readonly content: string }
  | ({ readonly kind: 'command' } & TranscriptCommand);

export interface TranscriptCase {
  readonly title: string;
  readonly sources: readonly string[];
  /** Minor versions of kubectl, inclusive. */
  readonly since: number;
  readonly until: number;
  readonly isAlone: boolean;
  readonly steps: readonly TranscriptStep[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface OpenCase extends Writable<Omit<TranscriptCase, 'sources' | 'steps'>> {
  sources: string[];
  steps: TranscriptStep[];
}
interface OpenCommand extends Omit<Writable<TranscriptCommand>, 'stdout' | 'stderr'> {
  stdout: string[];
  stderr: string[];
}

const COMMAND = /^(?:(until|ignore) )?\$ (.*)$/;
const VERSION = /^(since|until): 1\.(\d+)$/;

/** Throws with the number of a line that it cannot read. */
export function parseTranscript(text: string): readonly TranscriptCase[] {
  const lines = text.split('\n');
  const cases: OpenCase[] = [];
  let command: OpenCommand | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '').trimEnd();
    const fail = (why: string): Error => new Error(`line ${at + 1}: ${why}: ${line}`);
    const current = cases.at(-1);
    if (line.startsWith('## ')) {
      command = undefined;
      const title = line.slice(3);
      cases.push({ title, sources: [], since: 0, until: Number.POSITIVE_INFINITY, isAlone: false, steps: [] });
      continue;
    }
    if (current === undefined) {
      if (line !== '' && !line.startsWith('#')) throw fail('nothing but comments may stand before the first case');
      continue;
    }
    const started = COMMAND.exec(line);
    if (started !== null) {
      const first = at + 1;
      let whole = started[2] ?? '';
      while (whole.endsWith('\\')) whole = `${whole.slice(0, -1)}${(lines[++at] ?? '').trim()}`;
      const mode = (started[1] ?? 'once') as TranscriptCommand['mode'];
      command = { line: first, text: whole, mode, stdout: [], stderr: [], exitCode: 0 };
      current.steps.push({ kind: 'command', ...command });
      continue;
    }
    if (line.startsWith('file ')) {
      const end = lines.indexOf('end', at);
      if (end < 0) throw fail('a file that does not end');
      current.steps.push({ kind: 'file', name: line.slice(5), content: `${lines.slice(at + 1, end).join('\n')}\n` });
      command = undefined;
      at = end;
      continue;
    }
    if (command !== undefined) expect(command, line, current);
    else if (!direct(current, line)) throw fail('neither a directive nor a command');
  }
  for (const { title, sources } of cases)
    if (sources.length === 0) throw new Error(`the case "${title}" does not say where it comes from (source: …)`);
  return cases;
}

/** A line before the first command of a case. False for one that means nothing. */
function direct(open: OpenCase, line: string): boolean {
  const version = VERSION.exec(line);
  if (version !== null) open[version[1] as 'since' | 'until'] = Number(version[2]);
  else if (line.startsWith('source: ')) open.sources.push(line.slice(8));
  else if (line === 'alone') open.isAlone = true;
  else return line === '' || line.startsWith('# ');
  return true;
}

/** A line after a command: what it is to print. */
function expect(command: OpenCommand, line: string, open: OpenCase): void {
  const exit = /^exit (\d+)$/.exec(line);
  if (exit !== null) command.exitCode = Number(exit[1]);
  else if (line.startsWith('! ') || line === '!') command.stderr.push(line.slice(2));
  else command.stdout.push(line);
  open.steps[open.steps.length - 1] = { kind: 'command', ...command };
}
