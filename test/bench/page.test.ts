// The report as a page: that it holds everything, and nothing that it should not.
import { describe, expect, it } from 'vitest';
import { groupsOf, reportPage } from '../../bench/report/page.ts';
import { plot, ticksUpTo } from '../../bench/report/plot.ts';
import { figure, sideName } from '../../bench/report/text.ts';
import { row, sampleReport, side } from './sample-report.ts';

const report = sampleReport();
const page = reportPage(report);

describe('the page of a report', () => {
  it('names the machine and the commit', () => {
    expect(page).toContain('2 cores (A CPU), Linux 6.1.0, Node.js 20.20.0, etcd 3.4.23');
    expect(page).toContain('commit abc1234');
  });

  it('shows each mark with its gate, its goal, and a word for each', () => {
    for (const mark of report.marks) {
      const line = page.split('<tr>').find((text) => text.startsWith(`<td>${mark.number}</td><td>${mark.title}</td>`));
      const words = [mark.gateHolds, mark.goalHolds].map((holds) =>
        holds === undefined ? 'not judged' : holds ? 'holds' : 'MISSED',
      );
      expect(line?.replace(/<[^>]*>/g, '|')).toMatch(
        new RegExp(`${mark.gate}\\|+${words[0]}\\|+${mark.goal}\\|+${words[1]}\\|+${mark.measured}`),
      );
    }
  });

  it('says that no mark was judged when there is none', () => {
    expect(reportPage(sampleReport({ marks: [] }))).toContain('None was judged.');
  });

  it('has each row and system in the table and in a plot', () => {
    for (const each of report.rows)
      for (const one of each.sides) {
        expect(page).toContain(`<td>${each.id}</td><td>${sideName(one)}</td>`);
        expect(page).toContain(`<title>${each.title}, ${sideName(one)}: ${one.value.runs.map(figure).join(', ')} `);
      }
  });

  it('draws a plot for each group, and one for each unit in it', () => {
    expect(groupsOf(report.rows).map(({ name, rows }) => [name, rows.length])).toEqual([
      ['create', 4],
      ['get', 2],
      ['memory', 2],
      ['gap', 1],
    ]);
    expect(page.match(/<svg /g)).toHaveLength(5);
  });

  it('says which rows are void, and why', () => {
    expect(page).toContain('get/cached/64: VOID: etcd reached 5,000/s, known are 7,800/s');
    expect(page).toContain('>cached/64 VOID<');
  });

  it('needs no other file and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|\ssrc=|\shref=|url\(|@import|https?:/);
  });

  it('escapes everything that a report says', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const hostile = sampleReport({
      commit: evil,
      machine: { ...report.machine, cpu: evil },
      rows: [row(`${evil}/1`, [side('quorate', evil, [1])], { title: evil, unit: evil, notes: [evil] })],
      marks: [{ number: 1, title: evil, gate: evil, goal: evil, measured: evil, gateHolds: true, goalHolds: false }],
    });
    const escaped = reportPage(hostile);
    expect(escaped).not.toContain('<img');
    expect(escaped).not.toContain('onerror="');
    expect(escaped).toContain('<td>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</td>');
  });

  it('can show a report without rows', () => {
    expect(reportPage(sampleReport({ rows: [] }))).not.toContain('<svg');
  });
});

describe('a plot', () => {
  const text = plot('create', report.rows.slice(0, 4)).text;

  it('gives each bar a length in proportion to its median', () => {
    const widths = [...text.matchAll(/<rect class="bar[^>]* width="([\d.]+)"/g)].map((match) => Number(match[1]));
    const medians = report.rows.slice(0, 4).flatMap((each) => each.sides.map((one) => one.value.median));
    const scale = Math.max(...widths) / Math.max(...medians);
    widths.forEach((width, i) => {
      expect(width).toBeCloseTo((medians[i] ?? 0) * scale, 0);
    });
    expect(widths).toHaveLength(12);
  });

  it('keeps every line of text clear of the next one', () => {
    const baselines = [...text.matchAll(/<text class="figure" x="[\d.]+" y="([\d.]+)"/g)].map((match) =>
      Number(match[1]),
    );
    baselines.slice(1).forEach((y, i) => {
      expect(y - (baselines[i] ?? 0)).toBeGreaterThanOrEqual(16);
    });
  });

  it('labels quorate with its ratio to each of etcd’s figures, and draws the second of them fainter', () => {
    expect(text).toContain('4,550  (1.52 × transaction, 0.80 × bare put)');
    expect(text.match(/class="bar second"/g)).toHaveLength(4);
  });

  it('draws bars of nothing without dividing by it', () => {
    const nothing = plot('gap', [row('gap', [side('quorate', '', [0]), side('etcd', '', [0])])]).text;
    expect(nothing).not.toMatch(/NaN|Infinity/);
  });

  it.each([
    [9_400, [0, 2_000, 4_000, 6_000, 8_000]],
    [5, [0, 1, 2, 3, 4, 5]],
    [0.35, [0, 0.1, 0.2, 0.3]],
    [283_000, [0, 100_000, 200_000]],
    [0, [0]],
  ])('has round ticks up to %d', (most, ticks) => {
    expect(ticksUpTo(most)).toEqual(ticks);
  });
});
