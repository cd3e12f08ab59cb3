// What became of damaged files, by kind of file and damage. Pure.
import { DAMAGES, type DamageRecord } from '../faults/damage.ts';

const OUTCOMES = ['whole', 'asks', 'halted', 'lost'] as const;

/** One line per kind of file: per damage how many were whole again, asked to be replaced, halted, or were lost. */
export function damageTable(damages: readonly DamageRecord[]): readonly string[] {
  if (damages.length === 0) return [];
  const kinds = [...new Set(damages.map(({ fileKind }) => fileKind))].sort();
  const cell = (text: string): string => text.padEnd(22);
  return [
    '',
    `${'damaged files'.padEnd(18)}${DAMAGES.map((damage) => cell(damage)).join('')}`,
    ...kinds.map((kind) => {
      const cells = DAMAGES.map((damage) =>
        cell(outcomesText(damages.filter((record) => record.fileKind === kind && record.damage === damage))),
      );
      return `  ${kind.padEnd(16)}${cells.join('')}`.trimEnd();
    }),
  ];
}

function outcomesText(damages: readonly DamageRecord[]): string {
  const parts = OUTCOMES.flatMap((outcome) => {
    const count = damages.filter((record) => record.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return parts.length === 0 ? '-' : parts.join(', ');
}
