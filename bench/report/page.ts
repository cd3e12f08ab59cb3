// The report as one HTML page that needs nothing else: no script, no font, no file beside it. The marks come first, each
// with a colour and a word; then a plot for each group of rows, and below them the same table as in the text.
import { type Markup, markup } from './markup.ts';
import { plot } from './plot.ts';
import { PAGE_STYLE } from './style.ts';
import { COLUMNS, headText, lineOf, notesOf, verdict } from './text.ts';
import type { Mark, Report, Row } from './types.ts';

/** The whole page. */
export function reportPage(report: Report): string {
  const { machine, rows, marks } = report;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>quorate: benchmarks of ${report.commit}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<h1>quorate beside etcd</h1>
<p>${headText(report)}.</p>
<p class="faint">${machine.memoryGiB} GiB of memory. Begun ${report.startedAt}.</p>
<h2>Marks</h2>
${marks.length === 0 ? markup`<p>None was judged.</p>` : marksTable(marks)}
${groupsOf(rows).map(groupSection)}
<h2>All figures</h2>
${notesList(notesOf(rows))}
${rowsTable(rows)}
</body>
</html>
`.text;
}

function marksTable(marks: readonly Mark[]): Markup {
  return markup`<div class="wide"><table>
<thead><tr><th>mark</th><th>what</th><th>gate</th><th></th><th>goal</th><th></th><th>measured</th></tr></thead>
<tbody>
${marks.map(
  ({ number, title, gate, goal, measured, gateHolds, goalHolds }) =>
    markup`<tr><td>${number}</td><td>${title}</td><td>${gate}</td><td>${badge(gateHolds)}</td><td>${goal}</td><td>${badge(goalHolds)}</td><td>${measured}</td></tr>
`,
)}</tbody>
</table></div>`;
}

function badge(holds: boolean | undefined): Markup {
  const style = holds === undefined ? 'unknown' : holds ? 'holds' : 'missed';
  return markup`<span class="badge ${style}">${holds === undefined ? 'not judged' : verdict(holds)}</span>`;
}

interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Rows by what their ids begin with, in the order in which they come. */
export function groupsOf(rows: readonly Row[]): Group[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = row.id.split('/', 1)[0] ?? row.id;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, members]) => ({ name, rows: members }));
}

/** Bars of different units would not be comparable: each unit has a plot of its own. */
function groupSection({ name, rows }: Group): Markup {
  const kinds = new Map<string, Row[]>();
  for (const row of rows) {
    const kind = `${row.unit}, ${row.better} is better`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), row]);
  }
  const plots = [...kinds].map(
    ([
      kind,
      members,
    ]) => markup`<figure><figcaption>${kind}</figcaption><div class="wide">${plot(name, members)}</div></figure>
`,
  );
  return markup`<section><h2>${name}</h2>
${plots}</section>
`;
}

function notesList(notes: readonly string[]): Markup {
  if (notes.length === 0) return markup``;
  return markup`<ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul>`;
}

function rowsTable(rows: readonly Row[]): Markup {
  const lines = rows.flatMap((row) => row.sides.map((side) => lineOf(row, side)));
  return markup`<div class="wide"><table class="figures">
<thead><tr>${COLUMNS.map((column) => markup`<th>${column}</th>`)}</tr></thead>
<tbody>
${lines.map(
  (cells) => markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>
`,
)}</tbody>
</table></div>`;
}
