// The head of an HTTP/1.1 request (RFC 9112 §3, §5), read strictly. What is unusual is not judged here: heads that come in
// pieces, other versions, bodies in chunks, upgrades, names sent twice and whatever breaks a rule are left to Node's parser, which
// knows them all. So this one may refuse anything, and must never read a request otherwise than that one would.
import { HEADER_LIMIT_BYTES } from '../../limits.ts';

export interface RequestHead {
  readonly method: string;
  /** Path and query as sent; begins with a slash. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Where the body begins. */
  readonly endsAt: number;
}

export interface RequestHeaders {
  /** Their lines as sent: equal text is equal headers. */
  readonly text: string;
  /** By name in lower case. */
  readonly values: ReadonlyMap<string, string>;
  readonly contentLength: number;
  /** The client asks that its connection ends with the answer. */
  readonly closes: boolean;
}

/** Headers of one request; Node's parser allows more. */
const HEADERS_LIMIT = 100;
/** Digits of a content-length: whatever is longer is too large by far. */
const LENGTH_DIGITS = 15;
const END = '\r\n\r\n';
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']);
const TARGET = /^\/[\x21-\x7e]*$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5; without control characters, tab excepted. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const UNUSUAL: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
  'te',
  'http2-settings',
  'proxy-connection',
]);

/**
 * Reads the head that begins at the first byte; undefined when it is not all there, or unusual. `before` are headers of an
 * earlier request on the same connection: clients repeat themselves.
 */
export function parseHead(bytes: Buffer, before: RequestHeaders | undefined): RequestHead | undefined {
  const end = bytes.indexOf(END);
  if (end < 0 || end > HEADER_LIMIT_BYTES) return undefined;
  const text = bytes.toString('latin1', 0, end);
  const lineEnd = text.indexOf('\r\n');
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const [method, target, version, ...rest] = line.split(' ');
  if (method === undefined || target === undefined || version !== 'HTTP/1.1' || rest.length > 0) return undefined;
  if (!METHODS.has(method) || !TARGET.test(target)) return undefined;
  const headersText = lineEnd < 0 ? '' : text.slice(lineEnd + 2);
  const headers = headersText === before?.text ? before : parseHeaders(headersText);
  return headers === undefined ? undefined : { method, target, headers, endsAt: end + END.length };
}

function parseHeaders(text: string): RequestHeaders | undefined {
  const lines = text.split('\r\n');
  if (lines.length > HEADERS_LIMIT) return undefined;
  const values = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1 || !VALUE.test(line)) return undefined;
    const sent = line.slice(0, colon);
    const name = sent.toLowerCase();
    if (!NAME.test(sent) || UNUSUAL.has(name) || values.has(name)) return undefined;
    values.set(name, withoutSpace(line.slice(colon + 1)));
  }
  const connection = values.get('connection')?.toLowerCase() ?? 'keep-alive';
  if (!values.has('host') || (connection !== 'keep-alive' && connection !== 'close')) return undefined;
  const length = values.get('content-length') ?? '0';
  if (!/^\d+$/.test(length) || length.length > LENGTH_DIGITS) return undefined;
  return { text, values, contentLength: Number(length), closes: connection === 'close' };
}

/** Without the spaces and tabs around a value (RFC 9112 §5): trim() would take more, and a pattern much longer. */
function withoutSpace(value: string): string {
  let begin = 0;
  let end = value.length;
  while (begin < end && isBlank(value.charCodeAt(begin))) begin += 1;
  while (end > begin && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return value.slice(begin, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
