// The head of an HTTP/1.1 answer as text.
import { STATUS_CODES } from 'node:http';
import { assert, type Clock } from '../../../lib/index.ts';
import { KEEP_ALIVE_TIMEOUT_MS } from '../../limits.ts';
import type { AnswerHeaders } from '../exchange.ts';

const KEEPS = `connection: keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_TIMEOUT_MS / 1000}\r\n\r\n`;
const CLOSES = 'connection: close\r\n\r\n';
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export interface AnswerHeadOptions {
  /** The value of the Date header. */
  readonly date: string;
  /** The connection ends with this answer. */
  readonly closes: boolean;
  readonly chunked: boolean;
}

/** RFC 9110 §5.5: what may stand in a value, so that no value ever ends its line. */
export function isHeaderValue(value: string): boolean {
  return VALUE.test(value);
}

/** Throws AssertionError for a value that no header may have: it would be an answer of its own to whoever reads on. */
export function answerHead(status: number, headers: AnswerHeaders, options: AnswerHeadOptions): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    assert(isHeaderValue(value), `the value of the header ${name} has no control characters`);
    head += `${name}: ${value}\r\n`;
  }
  if (options.chunked) head += 'transfer-encoding: chunked\r\n';
  return `${head}date: ${options.date}\r\n${options.closes ? CLOSES : KEEPS}`;
}

/** The text of the Date header, made once a second. */
export function createDateText(clock: Pick<Clock, 'now'>): () => string {
  let second = Number.NaN;
  let text = '';
  return () => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
