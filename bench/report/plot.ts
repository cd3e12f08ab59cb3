// A group of rows as bars in SVG: one line for each system at each row, so that no label can lie upon another however
// many there are. A bar is the median, its whisker the lowest and the highest run. Colours come from the page's style.
import { type Markup, markup } from './markup.ts';
import { figure, ratioText, sideName } from './text.ts';
import type { Row, Side } from './types.ts';

/** In units of the drawing, which are pixels at its full width. */
const LINE = 20;
const BAR = 12;
const ROW_GAP = 12;
const GAP = 8;
const AXIS = 24;
const BARS_WIDTH = 420;
const WHISKER_END = 3;
/** Of wide fonts (DejaVu Sans) at the size in drawings, so that no estimate is too short: plain and bold. */
const CHARACTER = 7.2;
const BOLD_CHARACTER = 8.4;
const LABEL_CHARACTERS_MAX = 30;
const TICKS_MAX = 5;

interface Line {
  readonly row: Row;
  readonly side: Side;
  readonly first: boolean;
  /** Of the line's middle. */
  readonly y: number;
}

/** Where things are, from left to right: the row's name, the system, the bar with its figure. */
interface Frame {
  readonly label: (row: Row) => string;
  readonly systemsAt: number;
  readonly barsAt: number;
  readonly width: number;
  readonly height: number;
  /** From a figure to its place. */
  readonly x: (value: number) => number;
}

/** Rows of one unit; `group` is what their ids begin with. */
export function plot(group: string, rows: readonly Row[]): Markup {
  const lines = linesOf(rows);
  const most = Math.max(...lines.map(({ side }) => side.value.high), 0);
  const ticks = ticksUpTo(most);
  const frame = frameOf(group, lines, Math.max(most, ticks.at(-1) ?? 0));
  const { width, height } = frame;
  return markup`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${`Bars of ${group}, in ${rows[0]?.unit ?? ''}; the table has the same figures`}">
${ticks.map((tick) => gridLine(tick, frame))}
${lines.map((line) => lineMarkup(line, frame))}
</svg>`;
}

function linesOf(rows: readonly Row[]): Line[] {
  let y = -ROW_GAP + LINE / 2;
  return rows.flatMap((row) => {
    y += ROW_GAP;
    return row.sides.map((side, i) => {
      const line = { row, side, first: i === 0, y };
      y += LINE;
      return line;
    });
  });
}

function frameOf(group: string, lines: readonly Line[], most: number): Frame {
  const label = (row: Row): string => {
    const rest = row.id.startsWith(`${group}/`) ? row.id.slice(group.length + 1) : row.id;
    return `${shortened(rest)}${row.voidBecause === undefined ? '' : ' VOID'}`;
  };
  const systemsAt =
    widest(
      lines.map(({ row }) => label(row)),
      BOLD_CHARACTER,
    ) + GAP;
  const barsAt = systemsAt + widest(lines.map(({ side }) => shortened(sideName(side)))) + GAP;
  return {
    label,
    systemsAt,
    barsAt,
    width: Math.ceil(barsAt + BARS_WIDTH + 2 * GAP + widest(lines.map(figureText))),
    height: (lines.at(-1)?.y ?? 0) + LINE / 2 + AXIS,
    x: (value) => rounded(barsAt + (most === 0 ? 0 : (value / most) * BARS_WIDTH)),
  };
}

function gridLine(tick: number, { x, height }: Frame): Markup {
  return markup`<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${height - AXIS}"/><text class="tick" x="${x(tick)}" y="${height - GAP}">${tick.toLocaleString('en')}</text>
`;
}

function lineMarkup(line: Line, { label, systemsAt, barsAt, x }: Frame): Markup {
  const { row, side, first, y } = line;
  const { median, low, high, runs } = side.value;
  const baseline = y + 4;
  const name = first ? markup`<text class="row" x="0" y="${baseline}">${label(row)}</text>` : [];
  const faded = row.voidBecause === undefined ? '' : ' void';
  return markup`<g class="${side.who}${faded}"><title>${row.title}, ${sideName(side)}: ${runs.map(figure).join(', ')} ${row.unit}</title>${name}<text class="system" x="${systemsAt}" y="${baseline}">${shortened(sideName(side))}</text>
<rect class="bar${shade(row, side)}" x="${barsAt}" y="${y - BAR / 2}" width="${rounded(x(median) - barsAt)}" height="${BAR}" rx="2"/>
<path class="whisker" d="M${x(low)} ${y}H${x(high)}M${x(low)} ${y - WHISKER_END}v${2 * WHISKER_END}M${x(high)} ${y - WHISKER_END}v${2 * WHISKER_END}"/>
<text class="figure" x="${x(Math.max(median, high)) + GAP}" y="${baseline}">${figureText(line)}</text></g>
`;
}

/** The median, and for quorate how many times the others' it is. */
function figureText({ row, side }: Line): string {
  const ratios = ratioText(row, side);
  return ratios === '' ? figure(side.value.median) : `${figure(side.value.median)}  (${ratios})`;
}

/** What a system does second at a row is drawn fainter than what it does first. */
function shade(row: Row, side: Side): string {
  return row.sides.find(({ who }) => who === side.who) === side ? '' : ' second';
}

/** From zero in steps of 1, 2 or 5 times a power of ten, to the last step that is not above `most`. */
export function ticksUpTo(most: number): number[] {
  if (!(most > 0) || !Number.isFinite(most)) return [0];
  const power = 10 ** Math.floor(Math.log10(most / TICKS_MAX));
  const factor = [1, 2, 5, 10].find((candidate) => most / (candidate * power) <= TICKS_MAX) ?? 10;
  const step = factor * power;
  const count = Math.floor(most / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

function widest(texts: readonly string[], character = CHARACTER): number {
  return Math.ceil(Math.max(0, ...texts.map((text) => text.length)) * character);
}

function shortened(text: string): string {
  return text.length <= LABEL_CHARACTERS_MAX ? text : `${text.slice(0, LABEL_CHARACTERS_MAX - 1)}…`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
