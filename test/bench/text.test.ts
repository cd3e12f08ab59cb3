// The report as text.
import { describe, expect, it } from 'vitest';
import { figure, lineOf, ratioText, reportText, table, verdict } from '../../bench/report/text.ts';
import { row, sampleReport, side } from './sample-report.ts';

describe('the text of a report', () => {
  const report = sampleReport();
  const lines = reportText(report).split('\n');

  it('begins with what was measured, where and for how long', () => {
    expect(lines[0]).toBe(
      '2 cores (A CPU), Linux 6.1.0, Node.js 20.20.0, etcd 3.4.23; medians of 3 runs of 5 s, commit abc1234',
    );
    expect(reportText(sampleReport({ machine: { ...report.machine, etcd: undefined } }))).toContain('etcd absent');
  });

  it('has a line for each system at each row, in order', () => {
    const first = lines.indexOf(lines.find((line) => line.startsWith('row ')) ?? '') + 1;
    const expected = report.rows.flatMap(({ id, sides }) => sides.map(({ who }) => `${id} ${who}`));
    const found = lines.slice(first, first + expected.length).map((line) => line.split(/ +/).slice(0, 2).join(' '));
    expect(found).toEqual(expected);
  });

  it('shows the slowest operation of all runs', () => {
    const cells = (line: string | undefined): string[] => line?.split(/ {2,}/) ?? [];
    const heads = cells(lines.find((line) => line.startsWith('row ')));
    expect(cells(lines.find((line) => line.startsWith('create/64')))[heads.indexOf('slowest')]).toBe('128');
  });

  it('shows the ratio of quorate to each of etcd’s figures, and none at etcd', () => {
    expect(lines.find((line) => line.startsWith('create/64'))).toMatch(/ {2}1\.52 × transaction, 0\.80 × bare put$/);
    expect(lines.find((line) => /^create\/64 +etcd bare put/.test(line))).not.toContain('×');
  });

  it('says which rows are void and why, and what else there is to say of a row', () => {
    expect(lines).toContain('get/cached/64: VOID: etcd reached 5,000/s, known are 7,800/s');
    expect(lines).toContain('gap: the leader is killed with -9');
  });

  it('shows each mark, whether it holds, and a dash where that was not judged', () => {
    const marks = lines.slice(lines.findIndex((line) => line.startsWith('mark')) + 1).filter((line) => line !== '');
    expect(marks.map((line) => line.split(/ {2,}/))).toEqual([
      [
        '1',
        'create and update through REST',
        'gate 1',
        'holds',
        'goal 1',
        'MISSED',
        '1.52 × transaction, 0.80 × bare put',
      ],
      ['2', 'current get over all servers', 'gate 2', 'holds', 'goal 2', 'holds', '2.9 ×'],
      ['5', 'write gap at living servers', 'gate 5', 'MISSED', 'goal 5', 'MISSED', '650 ms'],
      ['7', 'at rest', 'gate 7', '–', 'goal 7', '–', 'not in this run'],
    ]);
  });
});

describe('the parts of a line', () => {
  it.each([
    [0, '0.00'],
    [0.354, '0.35'],
    [9.999, '10.00'],
    [42.66, '42.7'],
    [99.96, '100.0'],
    [100.4, '100'],
    [283_000.4, '283,000'],
  ])('writes %d as %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it('leaves out what was not measured', () => {
    const one = side('quorate', 'cached', [2, 1, 4]);
    expect(lineOf(row('get/1', [one]), one)).toEqual([
      'get/1',
      'quorate cached',
      '2.00 ops/s',
      '1.00–4.00',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
    ]);
  });

  it('has no ratio to nothing', () => {
    const one = side('quorate', '', [5]);
    expect(ratioText(row('gap', [one, side('etcd', '', [0])]), one)).toBe('');
    expect(ratioText(row('gap', [one, side('etcd', '', [10])]), one)).toBe('0.50 × etcd');
  });

  it('has one word for a gate or a goal', () => {
    expect([true, false, undefined].map(verdict)).toEqual(['holds', 'MISSED', '–']);
  });

  it('makes columns as wide as their widest cell, with nothing at the end of a line', () => {
    expect(
      table([
        ['a', 'b'],
        ['long', ''],
        ['x', 'yy'],
      ]),
    ).toBe('a     b\nlong\nx     yy\n');
    expect(table([])).toBe('');
  });
});
