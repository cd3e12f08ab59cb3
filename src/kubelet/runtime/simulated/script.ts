// What a simulated container does: the few commands whose outcome is plain are honoured, so that restart policies and
// jobs behave; everything else runs until it is stopped. Pure: a command line becomes a list of steps.

/** What happens, one after the other. The last step is an exit, unless the container runs until it is stopped. */
export type Step =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'forever' };

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'busybox']);
const UNIT_MS: Readonly<Record<string, number>> = { '': 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The value of a variable; '' where it is not set. */
export type Variables = (name: string) => string;

/** The steps of a command line; an empty one is the image's own command, which nobody knows here. */
export function stepsOf(argv: readonly string[], variables: Variables = () => ''): readonly Step[] {
  return understood(argv, variables) ?? [{ kind: 'forever' }];
}

/** The exit code of a command that is run in a container (a probe, a hook); what is not understood succeeds. */
export function execOutcome(
  argv: readonly string[],
  variables: Variables = () => '',
): { readonly exitCode: number; readonly output: string } {
  const steps = understood(argv, variables) ?? [{ kind: 'exit', code: 0 }];
  const output = steps.flatMap((step) => (step.kind === 'print' ? [step.text] : [])).join('\n');
  const last = steps.at(-1);
  return { exitCode: last?.kind === 'exit' ? last.code : 0, output };
}

function understood(argv: readonly string[], variables: Variables): readonly Step[] | undefined {
  const [program, ...rest] = argv;
  if (program === undefined) return undefined;
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (name === 'busybox') return understood(rest, variables);
  const script = rest[0]?.match(/^-[ceux]*c$/) ? rest[1] : undefined;
  if (SHELLS.has(name) && script !== undefined) return scriptSteps(script, variables);
  return ended(simpleCommand(name, rest));
}

/** A list of simple commands joined by `;`, `&&` or line ends. Anything else of the shell's language is not understood. */
function scriptSteps(script: string, variables: Variables): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const part of script.split(/(;|&&|\n)/)) {
    const separator = part === '&&' || part === ';' || part === '\n';
    if (separator || part.trim() === '') continue;
    const text = part.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_whole, braced, bare) => variables(braced ?? bare));
    if (/[|&<>`$(){}]/.test(text)) return undefined;
    const [name = '', ...rest] = words(text);
    const command = simpleCommand(name, rest);
    if (command === undefined) return undefined;
    const failed = command.find((step) => step.kind === 'exit');
    steps.push(...command.filter((step) => step.kind !== 'exit'));
    if (failed !== undefined && (name === 'exit' || !continues(script, part))) return [...steps, failed];
  }
  return ended(steps);
}

/** A failed command ends the script only where `&&` follows or nothing does. */
function continues(script: string, part: string): boolean {
  const after = script.slice(script.indexOf(part) + part.length).trimStart();
  return after !== '' && !after.startsWith('&&');
}

function simpleCommand(name: string, rest: readonly string[]): readonly Step[] | undefined {
  switch (name) {
    case 'true':
    case ':':
      return [];
    case 'false':
      return [{ kind: 'exit', code: 1 }];
    case 'exit':
      return [{ kind: 'exit', code: Number.parseInt(rest[0] ?? '0', 10) & 0xff }];
    case 'echo':
      return [{ kind: 'print', text: rest.join(' ') }];
    case 'sleep':
      return sleepSteps(rest[0] ?? '');
    default:
      return undefined;
  }
}

function sleepSteps(duration: string): readonly Step[] | undefined {
  if (duration === 'infinity' || duration === 'inf') return [{ kind: 'forever' }];
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(duration);
  if (match === null) return undefined;
  return [{ kind: 'wait', ms: Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 1_000) }];
}

function ended(steps: readonly Step[] | undefined): readonly Step[] | undefined {
  const last = steps?.at(-1);
  if (steps === undefined || last?.kind === 'exit' || last?.kind === 'forever') return steps;
  return [...steps, { kind: 'exit', code: 0 }];
}

/** Words of a simple command, its quotes taken off. */
function words(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
