// What a kubectl says of itself: its verbs, and the flags of each, read from `kubectl VERB --help`. No server is asked.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  readonly short: string | undefined;
  readonly isBoolean: boolean;
}

export interface Verb {
  /** Such as `create secret`; `options` for the flags that every verb takes. */
  readonly path: string;
  /** Other names of its last word. */
  readonly aliases: readonly string[];
  readonly flags: readonly Flag[];
}

/** What one `--help` says. */
export interface Help {
  readonly flags: readonly Flag[];
  readonly aliases: readonly string[];
  readonly subverbs: readonly string[];
}

/** How many kubectls run at the same time. */
const AT_ONCE = 4;
export const GLOBAL = 'options';
/** `kubectl --help` names plugins of this machine too. */
const PLUGINS = /^Subcommands provided by plugins:/;
const COMMANDS = /^(?:Available |[A-Z].* )Commands(?: \(.*\))?:$/;
const FLAG = /^ {4}(?:-(\w), )?--([\w-]+)=(.*):$/;
const SUBVERB = /^ {2}([a-z][\w-]*) {2,}/;

/** All verbs and subverbs. */
export async function readVerbs(binary: string): Promise<readonly Verb[]> {
  const root = parseHelp(await help(binary, ['--help']));
  const { flags } = parseHelp(await help(binary, [GLOBAL]));
  const verbs: Verb[] = [{ path: GLOBAL, aliases: [], flags }];
  const waiting = root.subverbs.map((name) => [name]);
  const readNext = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const parent = path;
      const { subverbs, ...verb } = parseHelp(await help(binary, [...path, '--help']));
      verbs.push({ path: path.join(' '), aliases: verb.aliases, flags: verb.flags });
      waiting.push(...subverbs.map((name) => [...parent, name]));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readNext));
  return verbs.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function help(binary: string, words: readonly string[]): Promise<string> {
  // A kubeconfig of the user's says nothing about flags; a missing one costs no time.
  const { stdout } = await runFile(binary, [...words], { env: { ...process.env, KUBECONFIG: '/dev/null' } });
  return stdout;
}

export function parseHelp(text: string): Help {
  const flags: Flag[] = [];
  const subverbs: string[] = [];
  let aliases: readonly string[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    if (/^\S.*:$/.test(line)) section = line;
    const flag = FLAG.exec(line);
    if (flag !== null)
      flags.push({ name: flag[2] ?? '', short: flag[1], isBoolean: /^(?:true|false)$/.test(flag[3] ?? '') });
    const subverb = SUBVERB.exec(line)?.[1];
    if (subverb !== undefined && COMMANDS.test(section) && !PLUGINS.test(section)) subverbs.push(subverb);
    if (section === 'Aliases:' && line.includes(', ')) aliases = line.trim().split(', ').slice(1);
  }
  return { flags, aliases, subverbs };
}
