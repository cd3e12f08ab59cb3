// What a process that ended said last. A server that cannot start again says why, and what to do, on its way out; whoever asks
// for its status is to hear that, and not merely that it does not answer.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** More than any error and its remedy take. */
const LOOKED_AT_BYTES = 8 * 1024;
/** How a command that fails begins what it prints (src/cli). */
const ERROR = 'error: ';
/** Its other parts may log as much while they end, after the error; a start that comes further logs more. */
const LINES_AFTER_ERROR = 3;

/** The error and the remedy that a log ends with, in one line; undefined when it ends with anything else, or is not there. */
export function lastWords(logFile: string): string | undefined {
  const lines = endOf(logFile)?.trimEnd().split('\n') ?? [];
  const from = lines.findLastIndex((line) => line.startsWith(ERROR));
  const tail = from < 0 ? [] : lines.slice(from);
  const said = tail.filter((line) => !line.startsWith('{'));
  // It was started again since, and perhaps ran for years.
  if (said.length === 0 || tail.length - said.length > LINES_AFTER_ERROR) return undefined;
  // Between them is a stack, if anything: too much for one line.
  const [error = '', remedy] = [said[0], said.slice(1).at(-1)];
  return [error.slice(ERROR.length), ...(remedy === undefined ? [] : [remedy])].join('. ');
}

function endOf(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    // It never said anything, or nobody may read it: there are no last words then.
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, LOOKED_AT_BYTES));
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(descriptor);
  }
}
