// The last lines of a process's log, for whoever is told that the process failed.
import { readFileSync } from 'node:fs';

const LOG_TAIL_LINES = 5;

export function logTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  } catch {
    // No log yet: the process died before it wrote any.
    return '';
  }
}
