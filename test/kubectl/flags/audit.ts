// Every flag of every verb of kubectl is used by a transcript or listed with the reason why not: the comparison.
import type { TranscriptCase } from '../transcript.ts';
import type { Verb } from './help.ts';
import { isMeant, type ListedRow } from './listed.ts';
import { type FlagUse, flagUse, usesOf } from './uses.ts';

export interface KnownKubectl {
  /** Such as 33. */
  readonly minor: number;
  readonly verbs: readonly Verb[];
}

export interface Audit {
  readonly verbs: number;
  readonly flags: number;
  readonly covered: number;
  readonly listed: number;
  /** In no transcript that holds for this version, and in no table. */
  readonly missing: readonly FlagUse[];
  /** What each row accounts for, `create.md:12 create --edit`; a row for all flags of a verb: `… create all`. */
  readonly needed: ReadonlySet<string>;
}

export function audit(
  { minor, verbs }: KnownKubectl,
  cases: readonly TranscriptCase[],
  rows: readonly ListedRow[],
): Audit {
  const used = new Set<FlagUse>();
  for (const told of cases)
    if (told.since <= minor && minor <= told.until) for (const use of usesOf(told, verbs)) used.add(use);
  const missing: FlagUse[] = [];
  const needed = new Set<string>();
  let flags = 0;
  let listed = 0;
  for (const { path, flags: own } of verbs) {
    const meaning = rows.flatMap((row) =>
      row.verbs.filter((verb) => isMeant(verb, path)).map((verb) => ({ row, verb })),
    );
    for (const { name } of own) {
      flags++;
      if (used.has(flagUse(path, name))) continue;
      const found = meaning.filter(({ row }) => row.flags === 'all' || row.flags.includes(name));
      for (const { row, verb } of found) needed.add(claim(row, verb, row.flags === 'all' ? 'all' : `--${name}`));
      if (found.length > 0) listed++;
      else missing.push(flagUse(path, name));
    }
  }
  return { verbs: verbs.length, flags, covered: flags - listed - missing.length, listed, missing, needed };
}

function claim({ where }: ListedRow, verb: string, flag: string): string {
  return `${where} ${verb} ${flag}`;
}

/** What the rows claim that is so for none of the versions: there is no such flag, or transcripts cover it. */
export function staleClaims(rows: readonly ListedRow[], audits: readonly Audit[]): readonly string[] {
  const needed = new Set(audits.flatMap((one) => [...one.needed]));
  const claims = rows.flatMap((row) => {
    const flags = row.flags === 'all' ? ['all'] : row.flags.map((name) => `--${name}`);
    return row.verbs.flatMap((verb) => flags.map((flag) => claim(row, verb, flag)));
  });
  return claims.filter((one) => !needed.has(one));
}
