// What people read: colours on a terminal only, tables that line up.
import { createColors } from 'picocolors';

/** Colours for a stream: none unless it is a terminal and NO_COLOR is not set. */
export function coloursFor(stream: NodeJS.WriteStream): ReturnType<typeof createColors> {
  return createColors(stream.isTTY === true && process.env['NO_COLOR'] === undefined);
}

/** Rows with columns padded to the widest cell. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map(
      (row) =>
        indent +
        row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd(),
    )
    .join('\n');
}
