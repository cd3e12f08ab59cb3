// The matrix of conformance: what passed, failed or is not shown yet, by area and part. Pure.
import type { Behaviour } from './behaviours.ts';

export type Outcome = 'passed' | 'failed' | 'not yet';

export interface Shown {
  readonly behaviour: Behaviour;
  readonly outcome: Outcome;
}

/** Behaviours without a result are not shown yet. */
export function outcomes(all: readonly Behaviour[], results: ReadonlyMap<string, boolean>): readonly Shown[] {
  return all.map((behaviour) => {
    const passed = results.get(behaviour.id);
    return { behaviour, outcome: passed === undefined ? 'not yet' : passed ? 'passed' : 'failed' };
  });
}

/** A row each for areas and parts with their counts, and the whole. */
export function matrixText(shown: readonly Shown[]): string {
  const rows = [
    ['', 'passed', 'failed', 'not yet', 'of'],
    ...grouped(shown, 'area'),
    ...grouped(shown, 'part').map(([name, ...counts]) => [`part ${name}`, ...counts]),
    ['all', ...counts(shown)],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** The page docs/conformance.md. */
export function matrixPage(shown: readonly Shown[]): string {
  const table = (rows: readonly (readonly string[])[]): string =>
    rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
  const head = ['passed', 'failed', 'not yet', 'of'];
  const rule = ['---', '---:', '---:', '---:', '---:'];
  const list = shown.map(({ behaviour, outcome }) => [
    behaviour.id,
    behaviour.area,
    behaviour.part,
    outcome,
    behaviour.behaviour,
  ]);
  return [
    '# Conformance',
    '',
    'What a conformant Kubernetes cluster shows, and what quorate shows of it. Written by `npm run conformance`: a test for each behaviour in',
    '`test/conformance/`, driven by kubectl, `@kubernetes/client-node` and plain HTTP against three live servers, each request to a server',
    'chosen at random.',
    '',
    table([['area', ...head], rule, ...grouped(shown, 'area'), ['**all**', ...counts(shown)]]),
    '',
    table([['part', ...head], rule, ...grouped(shown, 'part')]),
    '',
    table([['id', 'area', 'part', 'outcome', 'behaviour'], ['---', '---', '---', '---', '---'], ...list]),
    '',
  ].join('\n');
}

function grouped(shown: readonly Shown[], by: 'area' | 'part'): readonly (readonly string[])[] {
  const names = [...new Set(shown.map(({ behaviour }) => behaviour[by]))].sort();
  return names.map((name) => [name, ...counts(shown.filter(({ behaviour }) => behaviour[by] === name))]);
}

function counts(shown: readonly Shown[]): readonly string[] {
  const count = (outcome: Outcome): string => String(shown.filter((each) => each.outcome === outcome).length);
  return [count('passed'), count('failed'), count('not yet'), String(shown.length)];
}
