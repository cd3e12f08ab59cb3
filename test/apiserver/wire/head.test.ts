// The reader of heads against Node's own: it may leave any head to that one, and must never read one otherwise.
import '../../api/seed.ts';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHead, type RequestHead } from '../../../src/apiserver/http/wire/head.ts';
import { HEADER_LIMIT_BYTES } from '../../../src/apiserver/limits.ts';

function read(text: string): RequestHead | undefined {
  return parseHead(Buffer.from(text, 'latin1'), undefined);
}

/** A head of these lines, with a host. */
function headOf(...lines: readonly string[]): string {
  return `${['GET /version HTTP/1.1', 'Host: a', ...lines].join('\r\n')}\r\n\r\n`;
}

describe('a head', () => {
  it('is read to its parts: the target as sent, names in lower case, values without the blanks around them', () => {
    const text =
      'POST /a%2Fb?c=d&e HTTP/1.1\r\nHOST:a:1\r\nX-Odd: \t b \tc\xe9 \t\r\nEmpty:\r\nContent-Length: 12\r\n\r\n{"a":';
    const head = read(text);
    expect(head).toMatchObject({ method: 'POST', target: '/a%2Fb?c=d&e', endsAt: text.length - 5 });
    expect([...(head?.headers.values ?? [])]).toEqual([
      ['host', 'a:1'],
      ['x-odd', 'b \tc\xe9'],
      ['empty', ''],
      ['content-length', '12'],
    ]);
    expect(head?.headers).toMatchObject({ contentLength: 12, closes: false });
  });

  it('says whether its client wants the connection to end', () => {
    expect(read(headOf('Connection: close'))?.headers.closes).toBe(true);
    expect(read(headOf('connection: CLOSE'))?.headers.closes).toBe(true);
    expect(read(headOf('Connection: Keep-Alive'))?.headers.closes).toBe(false);
    expect(read(headOf())?.headers.closes).toBe(false);
  });

  it('has the headers of the one before it only where they are the same to the letter', () => {
    const before = read(headOf('X-A: b'))?.headers;
    const again = parseHead(Buffer.from(headOf('X-A: b')), before);
    expect(again?.headers).toBe(before);
    for (const other of [headOf('X-A: B'), headOf('X-A: b', 'X-B: c'), headOf(), headOf('X-A: b ')])
      expect(parseHead(Buffer.from(other), before)).toEqual(read(other));
    expect(parseHead(Buffer.from('GET / HTTP/1.1\r\n\r\n'), before)).toBeUndefined();
  });

  // A pattern that looks for blanks at the end of a value takes seconds for one of these.
  it('with very many blanks inside a value is read as fast as any other', { timeout: 5_000 }, () => {
    const value = `a${' '.repeat(31_000)}b`;
    for (let times = 0; times < 10; times++) {
      const head = read(headOf(`X: \t${value} `, `Y: ${times}`));
      expect(head?.headers.values.get('x') === value).toBe(true);
    }
  });
});

describe('what is unusual is left to the other parser', () => {
  it.each([
    ['a body in chunks', headOf('Transfer-Encoding: chunked')],
    ['a coding that changes nothing', headOf('transfer-encoding: identity')],
    ['an expectation', headOf('Expect: 100-continue')],
    ['an upgrade', headOf('Upgrade: websocket')],
    ['a connection that is upgraded', headOf('Connection: Upgrade')],
    ['several wishes for the connection', headOf('Connection: keep-alive, close')],
    ['a wish for a connection to a proxy', headOf('Proxy-Connection: close')],
    ['trailers', headOf('Trailer: X-A')],
    ['what trailers a client takes', headOf('TE: trailers')],
    ['settings of HTTP/2', headOf('HTTP2-Settings: AAMAAABk')],
    ['a name that comes twice', headOf('X-A: b', 'x-a: b')],
    ['two hosts', headOf('host: a')],
    ['two lengths that agree', headOf('Content-Length: 1', 'Content-Length: 1')],
    ['a folded value', headOf('X-A: b', ' c')],
    ['a value folded by a tab', headOf('X-A: b', '\tc')],
    ['no host', 'GET / HTTP/1.1\r\nX-A: b\r\n\r\n'],
    ['no header at all', 'GET / HTTP/1.1\r\n\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
    ['HTTP/2', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['no version', 'GET /\r\nHost: a\r\n\r\n'],
    ['a version in small letters', 'GET / http/1.1\r\nHost: a\r\n\r\n'],
    ['lines that end without a carriage return', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a line feed alone between headers', headOf('X-A: b\nX-B: c')],
    ['a carriage return alone', headOf('X-A: b\rX-B: c')],
    ['a NUL in a value', headOf('X-A: b\0c')],
    ['a DEL in a value', headOf('X-A: b\x7fc')],
    ['the absolute form', 'GET http://a/version HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['the authority form', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a method that nobody knows', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a method in small letters', 'get / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a blank in the target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two blanks before the version', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a byte of no ASCII in the target', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an empty line before it', `\r\n${headOf()}`],
    ['a blank before it', ` ${headOf()}`],
    ['a blank before the colon', headOf('X-A : b')],
    ['a line without a colon', headOf('X-A')],
    ['a header without a name', headOf(': b')],
    ['a name with a byte of no ASCII', headOf('X-\xc4: b')],
    ['a length with a plus', headOf('Content-Length: +1')],
    ['a length below zero', headOf('Content-Length: -1')],
    ['a length with letters', headOf('Content-Length: 1e3')],
    ['a length of another base', headOf('Content-Length: 0x10')],
    ['a length with a comma', headOf('Content-Length: 1, 1')],
    ['a length with a fraction', headOf('Content-Length: 1.0')],
    ['an empty length', headOf('Content-Length:')],
    ['a length of 16 digits', headOf('Content-Length: 0000000000000001')],
    ['more headers than anybody sends', headOf(...Array.from({ length: 100 }, (_, at) => `X-${at}: b`))],
    ['more than a head may have', headOf(`X-A: ${'b'.repeat(HEADER_LIMIT_BYTES)}`)],
  ])('%s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  it('every beginning of a head that is not all there', () => {
    const text = headOf('X-A: b');
    expect(read(text)).toBeDefined();
    for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length))).toBeUndefined();
  });
});

/** Mostly `usual`; one in `rarity` times odd. */
function mostly<T>(rarity: number, usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: rarity - 1, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

function stringOf(characters: string, maxLength: number, minLength = 0): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
}

function characters(from: number, to: number): string {
  return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, at) => from + at));
}

const VISIBLE = characters(0x21, 0x7e);
const anything = stringOf(characters(0, 0xff), 6);

const method = mostly(
  30,
  fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'),
  fc.oneof(fc.constantFrom('OPTIONS', 'CONNECT', 'TRACE', 'get', 'PRI', ''), anything),
);
const target = mostly(
  30,
  stringOf(VISIBLE, 12).map((rest) => `/${rest}`),
  fc.oneof(fc.constantFrom('*', 'http://a/', 'a:1', '', '//a/b', '/a b', '/a\tb'), anything),
);
const version = mostly(
  40,
  fc.constant('HTTP/1.1'),
  fc.oneof(fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'http/1.1'), anything),
);
const blank = mostly(60, fc.constant(' '), fc.constantFrom('', '  ', '\t', ' \t', '\0'));
const lineEnd = mostly(150, fc.constant('\r\n'), fc.constantFrom('\n', '\r', '\r\n ', '\r\n\t', '\n\n', '\r\r\n'));

const token = stringOf("!#$%&'*+.^_`|~09AZaz-", 8, 1);
const name = mostly(60, token, fc.oneof(fc.constantFrom('', ' ', 'a ', 'a b', '(', 'a:', 'a/', '"'), anything));
const value = mostly(
  20,
  fc.oneof(
    fc.constantFrom('', 'b', '*/*', 'a, b;q=0.1', '"a\\"b"'),
    stringOf(`\t  ${VISIBLE}${characters(0x80, 0xff)}`, 12),
  ),
  anything,
);
const length = mostly(
  12,
  fc.nat(70).map(String),
  fc.constantFrom('', '+1', '-1', '1 1', '1,1', '0x1', '007', '1e1', '1.0', '999999999999999', '1'.repeat(16), '\xb2'),
);
const known = fc.oneof(
  fc.tuple(fc.constantFrom('Content-Length', 'content-length', 'CONTENT-LENGTH'), length),
  fc.tuple(
    fc.constantFrom('Connection', 'connection'),
    fc.constantFrom('close', 'Close', 'keep-alive', ' Keep-Alive\t'),
  ),
  fc.tuple(
    fc.constantFrom('Accept', 'Authorization', 'Cookie', 'Content-Type', 'Keep-Alive', 'Accept-Encoding'),
    value,
  ),
);
const troublesome = fc.oneof(
  fc.tuple(fc.constantFrom('Host', 'hOST', 'Proxy-Connection', 'TE', 'Trailer', 'HTTP2-Settings'), value),
  fc.constantFrom<[string, string]>(
    ['Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'identity'],
    ['Transfer-Encoding', 'xchunked'],
    ['Expect', '100-continue'],
    ['Expect', 'b'],
    ['Upgrade', 'websocket'],
    ['Connection', 'upgrade'],
    ['Connection', 'close, keep-alive'],
    ['Connection', ''],
  ),
);
const header = mostly(40, fc.oneof(known, fc.tuple(name, value)), troublesome);
const separator = mostly(80, fc.constantFrom(': ', ':', ':\t', ':   '), fc.constantFrom('', ' : ', ' :', '::'));
const line = fc.tuple(header, separator).map(([[of, is], between]) => `${of}${between}${is}`);
const host = mostly(
  30,
  fc.constantFrom('Host: a', 'host:a', 'HOST: 127.0.0.1:6443', 'Host:'),
  fc.constantFrom('', 'Hos: a', 'Host : a', 'Host'),
);
const generatedHead = fc
  .tuple(
    fc.tuple(method, blank, target, blank, version).map((parts) => parts.join('')),
    fc.tuple(host, fc.array(line, { maxLength: 4 }), fc.nat(4)),
    fc.array(lineEnd, { minLength: 6, maxLength: 6 }),
    mostly(60, fc.constant(''), fc.constantFrom('\r\n', ' ', '\n', '\0')),
  )
  .map(([first, [of, lines, at], ends, before]) => {
    const all = [first, ...lines.toSpliced(at, 0, of)];
    return `${before}${all.map((each, index) => `${each}${ends[index] ?? ''}`).join('')}\r\n`;
  });

/** What Node's server makes of one connection's bytes. */
interface Reading {
  readonly requests: IncomingMessage[];
  readonly answers: ServerResponse[];
  /** Whatever else it said of the connection. */
  readonly others: string[];
}

function nodesParser(): { read(bytes: string, requests: number): Promise<Reading> } {
  const readings = new Map<unknown, Reading>();
  const server: Server = createServer({ maxHeaderSize: HEADER_LIMIT_BYTES });
  server.on('request', (incoming, outgoing) => {
    incoming.resume();
    readings.get(incoming.socket)?.requests.push(incoming);
    readings.get(incoming.socket)?.answers.push(outgoing);
  });
  const otherwise = (event: string) => (incoming: IncomingMessage) =>
    void readings.get(incoming.socket)?.others.push(event);
  for (const event of ['upgrade', 'connect', 'checkContinue', 'checkExpectation']) server.on(event, otherwise(event));
  server.on('clientError', (error, socket) => void readings.get(socket)?.others.push(String(error)));
  return {
    async read(bytes, requests) {
      const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
      const reading: Reading = { requests: [], answers: [], others: [] };
      readings.set(socket, reading);
      server.emit('connection', socket);
      socket.push(Buffer.from(bytes, 'latin1'));
      const isRead = (): boolean => socket.readableLength === 0 && socket.readableFlowing === true;
      while (reading.requests.length < requests && reading.others.length === 0 && !isRead())
        await new Promise(setImmediate);
      await new Promise(setImmediate);
      readings.delete(socket);
      socket.destroy();
      return reading;
    },
  };
}

/** The request that comes behind; whoever takes a body to be longer or shorter does not find it. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: b\r\n\r\n';
const SHORT_BODY_BYTES = 100;

async function expectNodeToAgree(text: string, head: RequestHead, node: ReturnType<typeof nodesParser>): Promise<void> {
  const { headers } = head;
  expect(head.endsAt).toBe(text.indexOf('\r\n\r\n') + 4);
  const sent = text.slice(0, head.endsAt);
  const isWhole = headers.contentLength <= SHORT_BODY_BYTES;
  const hasNext = isWhole && !headers.closes;
  const body = isWhole ? 'x'.repeat(headers.contentLength) : '';
  const { requests, answers, others } = await node.read(`${sent}${body}${hasNext ? NEXT : ''}`, hasNext ? 2 : 1);
  expect(others).toEqual([]);
  const targets = requests.map(({ url }) => url);
  expect(targets).toEqual(hasNext ? [head.target, '/next'] : [head.target]);
  const [incoming] = requests;
  expect(incoming?.method).toBe(head.method);
  expect(incoming?.httpVersion).toBe('1.1');
  const raw = incoming?.rawHeaders ?? [];
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1]]] : []));
  expect(pairs).toEqual([...headers.values]);
  expect({ ...incoming?.headers }).toEqual(Object.fromEntries(headers.values));
  expect(Number(incoming?.headers['content-length'] ?? 0)).toBe(headers.contentLength);
  expect(answers[0]?.shouldKeepAlive).toBe(!headers.closes);
}

describe('of generated heads', () => {
  it('each that is read here is read by the other parser in the same way, and many are left to that', async () => {
    const node = nodesParser();
    let read = 0;
    let left = 0;
    await fc.assert(
      fc.asyncProperty(generatedHead, async (text) => {
        const head = parseHead(Buffer.from(text, 'latin1'), undefined);
        if (head === undefined) left += 1;
        else {
          read += 1;
          await expectNodeToAgree(text, head, node);
        }
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(800);
    expect(left).toBeGreaterThan(800);
  });
});
