// What a bar asks and what was measured, as one line of a table. Pure. The bars are those of the issue "a Raft and a disk you can
// trust": a gate must hold, a goal is to be approached.

export interface Requirement {
  readonly bar: number;
  readonly level: 'gate' | 'goal';
  readonly what: string;
  readonly asked: string;
  readonly measured: string;
  readonly holds: boolean;
  /** How often it was tried, and how often the bar wants it tried. */
  readonly runs: number;
  readonly runsAsked: number;
}

/** Whether everything that must hold does. In how many runs is said, and not judged: short forms are for every day. */
export function gatesHold(requirements: readonly Requirement[]): boolean {
  return requirements.every(({ level, holds }) => level === 'goal' || holds);
}

export function verdictOf({ level, holds, runs, runsAsked }: Requirement): string {
  if (!holds) return level === 'gate' ? 'BROKEN' : 'not reached';
  return runs < runsAsked ? 'holds, in fewer runs' : 'holds';
}

/** The table, one line per requirement. */
export function requirementsTable(requirements: readonly Requirement[]): readonly string[] {
  const rows = [
    ['bar', 'gate or goal', 'what', 'asked', 'measured', 'runs', 'verdict'],
    ...requirements.map((requirement) => {
      const { bar, level, what, asked, measured, runs, runsAsked } = requirement;
      return [String(bar), level, what, asked, measured, `${runs}/${runsAsked}`, verdictOf(requirement)];
    }),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
