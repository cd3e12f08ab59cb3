// The parts of the look at kubectl's flags: help, command lines, tables, and the comparison.
import { describe, expect, it } from 'vitest';
import { parseTranscript } from '../transcript.ts';
import { audit, staleClaims } from './audit.ts';
import { parseHelp, type Verb } from './help.ts';
import { parseListed } from './listed.ts';
import { simpleCommands } from './shell.ts';
import { usesOf } from './uses.ts';

const HELP = `Delete things.

Aliases:
thing, th

Examples:
  # --not-a-flag=1:
  kubectl thing a

Available Commands:
  one           The first
  two-more      The second

Options:
    -A, --all=false:
	Every one. Not a flag: --told=x:

    --chunk-size=500:
	So many.

    --map=[]:
	A list.

Usage:
  kubectl thing [options]
`;

const VERBS: readonly Verb[] = [
  { path: 'options', aliases: [], flags: [flag('namespace', 'n'), flag('v', 'v'), flag('profile')] },
  { path: 'get', aliases: [], flags: [flag('output', 'o'), flag('watch', 'w', true), flag('selector', 'l')] },
  { path: 'create', aliases: [], flags: [flag('filename', 'f'), flag('recursive', 'R', true), flag('dry-run')] },
  { path: 'create configmap', aliases: ['cm'], flags: [flag('dry-run'), flag('output', 'o')] },
  { path: 'debug', aliases: [], flags: [flag('profile')] },
];

function flag(name: string, short?: string, isBoolean = false): Verb['flags'][number] {
  return { name, short, isBoolean };
}

function usesIn(...lines: readonly string[]): readonly string[] {
  const [told] = parseTranscript(`## a\nsource: b\n${lines.join('\n')}\n`);
  return told === undefined ? [] : [...usesOf(told, VERBS)].sort();
}

describe("kubectl's help", () => {
  it('says flags with their short forms, other names and subverbs', () => {
    expect(parseHelp(HELP)).toEqual({
      flags: [flag('all', 'A', true), flag('chunk-size'), flag('map')],
      aliases: ['th'],
      subverbs: ['one', 'two-more'],
    });
  });

  it('names plugins, which are none of its verbs', () => {
    const root =
      'Basic Commands (Beginner):\n  create    Make\n\nSubcommands provided by plugins:\n  odd    A plugin\n\n';
    expect(parseHelp(`${root}Other Commands:\n  version   Tell\n`).subverbs).toEqual(['create', 'version']);
  });
});

describe('a line of bash', () => {
  it('is read as its simple commands, without their quotes', () => {
    const line = `for x in a b; do A=1 kubectl get 'p q' "$x" >out 2>&1 | grep -c a\\ b || true; done # not -x`;
    expect(simpleCommands(line)).toEqual([
      ['for', 'x', 'in', 'a', 'b'],
      ['kubectl', 'get', 'p q', '$x'],
      ['grep', '-c', 'a b'],
      ['true'],
      ['done'],
    ]);
  });

  it('holds the commands of its substitutions', () => {
    expect(simpleCommands('kubectl a "x$(kubectl b -n $NS)" --c=$(kubectl d) <(kubectl e)')).toEqual([
      ['kubectl', 'b', '-n', '$NS'],
      ['kubectl', 'd'],
      ['kubectl', 'a', 'x$()', '--c=$()'],
      ['kubectl', 'e'],
    ]);
  });
});

describe('a transcript uses', () => {
  it('flags in every form, of the verb itself or of all verbs', () => {
    expect(usesIn('$ kubectl -n $NS get pods -oyaml -wl app=x --profile none')).toEqual([
      'get --output',
      'get --selector',
      'get --watch',
      'options --namespace',
      'options --profile',
    ]);
    expect(usesIn('$ kubectl debug --profile=general -- get -w')).toEqual(['debug --profile']);
    expect(usesIn('$ kubectl get --output -w')).toEqual(['get --output', 'get --watch']);
  });

  it('flags of subverbs under each of their names', () => {
    expect(usesIn('$ kubectl create cm a --dry-run -o name')).toEqual([
      'create configmap --dry-run',
      'create configmap --output',
    ]);
    expect(usesIn('$ kubectl create -Rf configmap')).toEqual(['create --filename', 'create --recursive']);
  });

  it('no value of a flag, nor a flag that the verb has not', () => {
    expect(usesIn('$ kubectl get -l -w=1 --selector a --odd -x')).toEqual(['get --selector', 'get --watch']);
    expect(usesIn('$ grep kubectl get -w; echo "kubectl get -w"')).toEqual([]);
  });

  it('what scripts do with their arguments, and loops with the lines of a file', () => {
    const script = ['file a.sh', 'kubectl $1 -v=6', 'end', 'file b.sh', 'kubectl -n x "$@"', 'end'];
    expect(usesIn(...script, "$ bash a.sh 'get -w'; bash b.sh create -R")).toEqual([
      'create --recursive',
      'get --watch',
      'options --namespace',
      'options --v',
    ]);
    const loop = '$ while read -r line; do kubectl create $line --dry-run=server; done < kinds';
    expect(usesIn('file kinds', 'configmap a -o name', 'end', loop)).toEqual([
      'create configmap --dry-run',
      'create configmap --output',
    ]);
  });
});

describe('a table', () => {
  const page = (row: string): string =>
    `# a\n| b | c |\n| --- | --- |\n| d | e |\n\n| verb | flag | reason |\n| --- | --- | --- |\n${row}\n`;

  it('is read row by row, where its columns are verb, flag and reason', () => {
    expect(parseListed('a.md', page('| get, create * | `--watch`, `--output` | so |\n| config | all | so |'))).toEqual([
      { where: 'a.md:8', verbs: ['get', 'create *'], flags: ['watch', 'output'] },
      { where: 'a.md:9', verbs: ['config'], flags: 'all' },
    ]);
  });

  it('is refused where a row cannot be read', () => {
    expect(() => parseListed('a.md', page('| get | `-w` | so |'))).toThrow('a.md:8: not a flag: `-w`');
    expect(() => parseListed('a.md', page('| Get it! | all | so |'))).toThrow('a.md:8: not the name of a verb');
    expect(() => parseListed('a.md', page('| get | all |  |'))).toThrow('a.md:8: no reason is given');
  });
});

describe('the comparison', () => {
  const table = (rows: string): string => `| verb | flag | reason |\n| - | - | - |\n${rows}`;
  const cases = parseTranscript('## a\nsource: b\nuntil: 1.29\n$ kubectl get -w\n');

  it('names what is in neither, by the version that a case holds for', () => {
    const verbs = VERBS.filter(({ path }) => path === 'get');
    const rows = parseListed('a.md', table('| all | `--output` | so |'));
    expect(audit({ minor: 29, verbs }, cases, rows)).toMatchObject({
      flags: 3,
      covered: 1,
      listed: 1,
      missing: ['get --selector'],
    });
    expect(audit({ minor: 30, verbs }, cases, rows).missing).toEqual(['get --watch', 'get --selector']);
  });

  it('names what a table claims and is so for no version', () => {
    const rows = parseListed('a.md', table('| get | `--watch`, `--none` | so |\n| create *, config | all | so |'));
    const told = [29, 30].map((minor) => audit({ minor, verbs: VERBS }, cases, rows));
    expect(staleClaims(rows, told)).toEqual(['a.md:3 get --none', 'a.md:4 config all']);
    expect(staleClaims(rows, told.slice(0, 1))).toContain('a.md:3 get --watch');
  });
});
