// Which flags of which verbs the commands of a transcript use: `-oyaml`, `-Rf dir`, `--output=yaml` and `--output yaml` alike.
import type { TranscriptCase } from '../transcript.ts';
import { type Flag, GLOBAL, type Verb } from './help.ts';
import { simpleCommands } from './shell.ts';

/** A verb and one of its flags: `create secret --from-file`. */
export type FlagUse = string;

export function flagUse(verb: string, flag: string): FlagUse {
  return `${verb} --${flag}`;
}

/** The flags that a case uses, by what this kubectl knows of its verbs. A flag that it does not know is none. */
export function usesOf(told: TranscriptCase, verbs: readonly Verb[]): ReadonlySet<FlagUse> {
  const byName = new Map(verbs.flatMap((verb) => namesOf(verb).map((name) => [name, verb] as const)));
  const used = new Set<FlagUse>();
  for (const words of commandsOf(told))
    if (words[0] === 'kubectl') for (const use of usesOfCommand(words.slice(1), byName)) used.add(use);
  return used;
}

function namesOf({ path, aliases }: Verb): readonly string[] {
  const parent = path.slice(0, path.lastIndexOf(' ') + 1);
  return [path, ...aliases.map((alias) => parent + alias)];
}

/** Those of its command lines, of scripts that are run by them with their arguments, and of other scripts as they are. */
function commandsOf(told: TranscriptCase): readonly (readonly string[])[] {
  const files = new Map(
    told.steps.flatMap((step) => (step.kind === 'file' ? [[step.name, step.content] as const] : [])),
  );
  const lines = told.steps.flatMap((step) => (step.kind === 'command' ? [withLoops(step.text, files)] : []));
  const commands = lines.flatMap(simpleCommands);
  const scripts = [...files].flatMap(([name, content]) => (name.endsWith('.sh') ? simpleCommands(content) : []));
  const calls = commands.flatMap(([first, name, ...values]) =>
    first === 'bash' && name !== undefined ? simpleCommands(withArguments(files.get(name) ?? '', values)) : [],
  );
  return [...commands, ...scripts, ...calls];
}

/** `while read -r NAME; do … $NAME …; done < FILE`, as what it does for each line of the file. */
function withLoops(line: string, files: ReadonlyMap<string, string>): string {
  const loop = /\bwhile read -r (\w+); do (.*); done < (\S+)/s.exec(line);
  if (loop === null) return line;
  const [, name = '', body = '', file = ''] = loop;
  const variable = new RegExp(`\\$\\{${name}\\b[^}]*\\}|\\$${name}\\b`, 'g');
  const lines = (files.get(file) ?? '').split('\n').filter((value) => value !== '');
  return lines.map((value) => body.replaceAll(variable, () => value)).join('\n');
}

function withArguments(script: string, values: readonly string[]): string {
  return script
    .replaceAll(/"\$@"|\$@/g, () => values.join(' '))
    .replaceAll(/"\$(\d)"|\$(\d)/g, (_, quoted, bare) => values[Number(quoted ?? bare) - 1] ?? '');
}

function usesOfCommand(words: readonly string[], verbs: ReadonlyMap<string, Verb>): readonly FlagUse[] {
  const global = verbs.get(GLOBAL)?.flags ?? [];
  const used: { readonly flag: Flag; readonly isGlobal: boolean }[] = [];
  let verb: Verb | undefined;
  let mayDescend = true;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') break;
    if (!/^-./.test(word)) {
      const below = verbs.get(verb === undefined ? word : `${verb.path} ${word}`);
      if (below === undefined) mayDescend = false;
      else if (mayDescend) verb = below;
      continue;
    }
    const own = verb?.flags ?? [];
    const { flags, takesNext } = flagsOfWord(word, [...own, ...global]);
    used.push(...flags.map((flag) => ({ flag, isGlobal: !own.includes(flag) })));
    // `--dry-run -f a`: a value may be left out where there is a default.
    if (takesNext && !/^-\D/.test(words[at + 1] ?? '')) at++;
  }
  return used.flatMap(({ flag, isGlobal }) =>
    isGlobal ? flagUse(GLOBAL, flag.name) : verb === undefined ? [] : flagUse(verb.path, flag.name),
  );
}

/** The flags of a word, and whether the last of them takes the next word as its value. A verb's own flags come first in `known`. */
function flagsOfWord(word: string, known: readonly Flag[]): { flags: readonly Flag[]; takesNext: boolean } {
  const long = /^--([\w-]+)(=)?/.exec(word);
  if (long !== null) {
    const flag = known.find(({ name }) => name === long[1]);
    return { flags: flag === undefined ? [] : [flag], takesNext: flag?.isBoolean === false && long[2] === undefined };
  }
  const flags: Flag[] = [];
  for (let at = 1; at < word.length; at++) {
    const flag = known.find(({ short }) => short === word.charAt(at));
    if (flag === undefined) break;
    flags.push(flag);
    if (!flag.isBoolean) return { flags, takesNext: at === word.length - 1 };
  }
  return { flags, takesNext: false };
}
