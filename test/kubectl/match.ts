// What a transcript says a command prints, compared with what it printed. Expected lines are taken word for word, but for:
//
//   two or more blanks    the gap between two columns, as wide as it happens to be
//   <age>                 a duration such as 5s or 3m20s
//   <time>                a time such as 2026-01-02T03:04:05Z
//   <ip> <uid> <hash>     an address, a uid, the random or hashed end of a name
//   <any>                 whatever stands there, nothing included
//   <ns> <port>           the namespace and the node port of the case
//   <...>                 alone on a line: any lines, none included
//
// Blank lines at the end, and blanks at the end of lines, do not count.

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<age>': '(?:\\d+[smhdy]){1,2}|<unknown>|<invalid>',
  '<time>': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)',
  '<ip>': '\\d{1,3}(?:\\.\\d{1,3}){3}',
  '<uid>': '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  '<hash>': '[0-9a-z]+',
  '<any>': '.*',
};
const TOKEN = /<(?:age|time|ip|uid|hash|any|ns|port)>| {2,}/g;

export interface KnownNames {
  readonly namespace: string;
  readonly port: number;
}

/** Whether `actual` is what `expected` says. */
export function matches(expected: readonly string[], actual: string, names: KnownNames): boolean {
  const wanted = withoutTail(expected.map((line) => line.trimEnd()));
  const got = withoutTail(actual.split('\n').map((line) => line.trimEnd()));
  return matchLines(wanted, got, names);
}

function matchLines(wanted: readonly string[], got: readonly string[], names: KnownNames): boolean {
  // reached[j]: the lines of `wanted` so far can be the first j of `got`.
  let reached = got.map(() => false);
  reached.unshift(true);
  for (const line of wanted) {
    const next = reached.map(() => false);
    if (line.trim() === '<...>') {
      const from = reached.indexOf(true);
      if (from >= 0) next.fill(true, from);
    } else {
      const pattern = linePattern(line, names);
      for (const [at, text] of got.entries()) if (reached[at] === true && pattern.test(text)) next[at + 1] = true;
    }
    reached = next;
  }
  return reached.at(-1) === true;
}

function linePattern(line: string, names: KnownNames): RegExp {
  let pattern = '';
  let from = 0;
  for (const found of line.matchAll(TOKEN)) {
    pattern += literal(line.slice(from, found.index)) + tokenPattern(found[0], names, found.index === 0);
    from = found.index + found[0].length;
  }
  return new RegExp(`^${pattern}${literal(line.slice(from))}$`);
}

/** The blanks that a line begins with are its place in a tree, and count. */
function tokenPattern(token: string, { namespace, port }: KnownNames, isFirst: boolean): string {
  if (token === '<ns>') return literal(namespace);
  if (token === '<port>') return String(port);
  if (token.startsWith(' ')) return isFirst ? token : ' {2,}';
  return `(?:${PLACEHOLDERS[token] ?? ''})`;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function withoutTail(lines: readonly string[]): readonly string[] {
  let length = lines.length;
  while (length > 0 && lines[length - 1] === '') length--;
  return lines.slice(0, length);
}
