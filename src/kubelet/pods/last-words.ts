// What a container said when it ended: its termination message file, or the end of its log where the pod asks for that.
import { open } from 'node:fs/promises';
import type { Container } from '../../api/index.ts';
import { TERMINATION_LOG_LIMIT_BYTES, TERMINATION_LOG_LINES, TERMINATION_MESSAGE_LIMIT_BYTES } from '../limits.ts';
import type { ContainerRecord, ContainerRuntime } from '../runtime/port.ts';

/** '' when it said nothing. */
export async function lastWords(
  runtime: ContainerRuntime,
  record: ContainerRecord,
  container: Container | undefined,
): Promise<string> {
  const path = record.notes.lastWords;
  const text = path === undefined ? '' : await head(path);
  const fallBack = container?.terminationMessagePolicy === 'FallbackToLogsOnError' && record.exitCode !== 0;
  return text !== '' || !fallBack ? text : logTail(runtime, record.id);
}

async function head(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TERMINATION_MESSAGE_LIMIT_BYTES));
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await file.close();
  }
}

async function logTail(runtime: ContainerRuntime, id: string): Promise<string> {
  const signal = new AbortController().signal;
  const options = { follow: false, tailLines: TERMINATION_LOG_LINES, sinceMs: undefined, timestamps: false, signal };
  let tail = Buffer.alloc(0);
  for await (const chunk of runtime.logs(id, options)) {
    tail = Buffer.concat([tail, chunk]).subarray(-TERMINATION_LOG_LIMIT_BYTES);
  }
  return tail.toString();
}
