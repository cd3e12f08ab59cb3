// Two reports beside each other: what changed, by how much, and whether that is more than noise.
import { describe, expect, it } from 'vitest';
import { compareReports } from '../../bench/report/compare.ts';
import type { Row } from '../../bench/report/types.ts';
import { row, sampleReport, side } from './sample-report.ts';

function compared(before: readonly Row[], after: readonly Row[]): string[] {
  const text = compareReports(sampleReport({ rows: before }), sampleReport({ rows: after }));
  return text
    .slice(text.indexOf('\n\n') + 2)
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' | '));
}

function quorate(runs: readonly number[], more: Partial<Row> = {}): Row[] {
  return [row('create/64', [side('quorate', '', runs)], more)];
}

describe('the comparison of two reports', () => {
  it.each([
    { what: 'more throughput is better', before: [100, 110], after: [200, 220], change: '+100.0% | better' },
    { what: 'less throughput is worse', before: [200, 200], after: [150, 150], change: '−25.0% | WORSE' },
    { what: 'ranges that meet', before: [100, 200], after: [200, 240], change: '+46.7% | within the spread' },
    { what: 'a range inside the other', before: [100, 300], after: [180, 190], change: '−7.5% | within the spread' },
    { what: 'no change', before: [100], after: [100], change: '±0.0% | within the spread' },
  ])('judges by the ranges of the runs: $what', ({ before, after, change }) => {
    expect(compared(quorate(before), quorate(after))[1]).toMatch(new RegExp(`${escapeRegExp(change)}$`));
  });

  it('knows where less is better', () => {
    const less = { unit: 'ms', better: 'less' } as const;
    expect(compared(quorate([600], less), quorate([200], less))[1]).toBe(
      'create/64 | quorate | 600 ms | 200 ms | −66.7% | better',
    );
    expect(compared(quorate([200], less), quorate([600], less))[1]).toContain('+200.0% | WORSE');
  });

  it('computes no percentage of nothing', () => {
    expect(compared(quorate([0]), quorate([5]))[1]).toBe('create/64 | quorate | 0.00 ops/s | 5.00 ops/s | better');
    expect(compared(quorate([0]), quorate([0]))[1]).toContain('±0.0% | within the spread');
  });

  it('matches rows by id, system and what it was asked to do, in whatever order', () => {
    const before = [row('a/1', [side('etcd', 'bare put', [10]), side('etcd', 'transaction', [20])])];
    const after = [row('a/1', [side('etcd', 'transaction', [21]), side('etcd', 'bare put', [11])])];
    expect(compared(before, after).slice(1)).toEqual([
      'a/1 | etcd transaction | 20.0 ops/s | 21.0 ops/s | +5.0% | better',
      'a/1 | etcd bare put | 10.0 ops/s | 11.0 ops/s | +10.0% | better',
    ]);
  });

  it('names what only one of them has', () => {
    const before = [row('a/1', [side('quorate', '', [1]), side('etcd', 'bare put', [1])])];
    const after = [row('a/1', [side('quorate', '', [1])]), row('b/1', [side('quorate', '', [1])])];
    expect(compared(before, after).slice(2)).toEqual(['only before: a/1 etcd bare put', 'only after: b/1 quorate']);
    expect(compared(before, [])).toEqual([
      'no row is in both reports',
      'only before: a/1 quorate',
      'only before: a/1 etcd bare put',
    ]);
  });

  it('says of a void row that it is void, and of which report', () => {
    const isVoid = { voidBecause: 'etcd was slow' };
    expect(compared(quorate([1], isVoid), quorate([2]))[1]).toMatch(/better, void before$/);
    expect(compared(quorate([1]), quorate([2], isVoid))[1]).toMatch(/better, void after$/);
    expect(compared(quorate([1], isVoid), quorate([2], isVoid))[1]).toMatch(/better, void before, void after$/);
  });

  it('does not compare figures of different units', () => {
    expect(compared(quorate([900], { unit: 'ms' }), quorate([1], { unit: 's' }))[1]).toMatch(/1\.00 s \| other unit$/);
  });

  it('says first that the machines differ, and in what', () => {
    const before = sampleReport();
    const after = sampleReport({ machine: { ...before.machine, cores: 8, etcd: undefined } });
    expect(compareReports(before, after).split('\n')[2]).toBe(
      'THE MACHINES DIFFER, so changes may be theirs: cores 2 before, 8 after; etcd 3.4.23 before, absent after',
    );
    expect(compareReports(before, before)).not.toContain('DIFFER');
  });

  it('finds no change between a report and itself', () => {
    const lines = compareReports(sampleReport(), sampleReport()).split('\n');
    expect(lines.filter((line) => line.includes('±0.0%') && line.includes('within the spread'))).toHaveLength(21);
    expect(lines.filter((line) => line.includes('only'))).toEqual([]);
  });
});

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
