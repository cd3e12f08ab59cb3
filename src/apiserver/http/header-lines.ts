// Header lines whose names begin alike, each as it was sent. Reading a header by its name puts its lines together, which loses
// where one ended; and some names are known by their beginning only.

/** Name in lower case, and value. */
export type HeaderLine = readonly [string, string];

export const NO_LINES: readonly HeaderLine[] = [];

/** Of names and values by turns, as Node keeps what was sent. */
export function rawLinesOf(raw: readonly string[], prefix: string): readonly HeaderLine[] {
  let lines: HeaderLine[] | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (name.length < prefix.length || !name.slice(0, prefix.length).toLowerCase().startsWith(prefix)) continue;
    lines ??= [];
    lines.push([name.toLowerCase(), raw[at + 1] ?? '']);
  }
  return lines ?? NO_LINES;
}

/** Of headers that were sent once each, with names in lower case. */
export function linesOf(headers: Iterable<readonly [string, string]>, prefix: string): readonly HeaderLine[] {
  let lines: HeaderLine[] | undefined;
  for (const line of headers) {
    if (!line[0].startsWith(prefix)) continue;
    lines ??= [];
    lines.push(line);
  }
  return lines ?? NO_LINES;
}
