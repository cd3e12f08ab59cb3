// Histories as files: one JSON object per line. The writer appends as operations end, so that a history survives its
// recorder; the reader refuses anything that is no operation, with the line's number.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { UserError } from '../../src/lib/index.ts';
import type { Operation, OperationType, Outcome } from './operation.ts';

/** Lines are written together until they hold this much. */
const BUFFER_BYTES = 256 * 1024;
const TYPES: readonly OperationType[] = ['read', 'write', 'cas', 'create', 'delete', 'list', 'compose', 'parts'];
const OUTCOMES: readonly Outcome[] = ['ok', 'failed', 'unknown'];

export interface HistoryWriter {
  append(record: object): void;
  close(): void;
}

/** Opens a new file. Throws the system's error when it exists or cannot be written. */
export function writeHistory(file: string): HistoryWriter {
  const descriptor = openSync(file, 'wx');
  let waiting: string[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (waiting.length > 0) writeSync(descriptor, waiting.join(''));
    waiting = [];
    bytes = 0;
  };
  return {
    append(record) {
      const line = `${JSON.stringify(record)}\n`;
      waiting.push(line);
      bytes += line.length;
      if (bytes >= BUFFER_BYTES) flush();
    },
    close() {
      flush();
      closeSync(descriptor);
    },
  };
}

/** Reads a history. Throws UserError with the number of the first line that is no operation. */
export function readHistory(file: string): readonly Operation[] {
  return parseHistory(readFileSync(file, 'utf8'), file);
}

/** The same of a text. */
export function parseHistory(text: string, name: string): readonly Operation[] {
  return text
    .split('\n')
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      const objection = objectionTo(line);
      if (objection === undefined) return JSON.parse(line) as Operation;
      throw new UserError(`${name}:${number} is no operation: ${objection}`, 'Compare it with chaos/README.md.');
    });
}

function objectionTo(line: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'it is not an object';
  const record = value as Readonly<Record<string, unknown>>;
  if (!TYPES.some((type) => type === record['type'])) return `its type is ${JSON.stringify(record['type'])}`;
  if (!OUTCOMES.some((outcome) => outcome === record['outcome']))
    return `its outcome is ${JSON.stringify(record['outcome'])}`;
  if (typeof record['key'] !== 'string') return 'its key is no text';
  const { process, start, end } = record;
  if (![process, start, end].every((number) => typeof number === 'number')) return 'process, start and end are numbers';
  if (Number(start) > Number(end)) return 'it ends before it starts';
  const shape = shapeObjection(record);
  return shape;
}

/** Arguments and results in the form that the type asks for. */
function shapeObjection({ type, argument, result, outcome }: Readonly<Record<string, unknown>>): string | undefined {
  const has = (of: unknown, field: string, kind: string): boolean =>
    typeof of === 'object' && of !== null && typeof (of as Readonly<Record<string, unknown>>)[field] === kind;
  if ((type === 'write' || type === 'cas' || type === 'create') && !has(argument, 'value', 'string'))
    return 'its argument has no value';
  if (type === 'cas' && !has(argument, 'revision', 'number')) return 'its argument has no revision';
  if (outcome !== 'ok') return undefined;
  if ((type === 'list' || type === 'parts') && !(has(result, 'revision', 'number') && has(result, 'items', 'object')))
    return 'its result has no revision, or no items';
  if (type === 'read' && result !== null && !has(result, 'value', 'string')) return 'its result has no value';
  return undefined;
}
