// A client that says exactly what a test says, byte for byte, and takes answers only when it is asked for the next one: what it
// does not ask for stays with the server. It reads strictly, so that a byte too many or too few shows in the answer after.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** Reads the next answer, to a request of this method; it may be an interim one. */
  answer(method?: string): Promise<RawAnswer>;
  /** Reads the head of the next answer only. */
  head(): Promise<Omit<RawAnswer, 'body'>>;
  /** Reads one chunk of a body; empty: the last. */
  chunk(): Promise<string>;
  /** What the server still says until it ends its side. Rejects when it breaks off instead. */
  rest(): Promise<string>;
  /** Resolves when the server has ended the connection, in whichever way. */
  gone(): Promise<void>;
}

/** A request as text; a body brings its length with it. */
export function requestText(method: string, target: string, headers: readonly string[] = [], body?: string): string {
  const own =
    body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`, 'Content-Type: application/json'];
  return `${[`${method} ${target} HTTP/1.1`, 'Host: a', ...headers, ...own].join('\r\n')}\r\n\r\n${body ?? ''}`;
}

export async function rawClient(url: string): Promise<RawClient> {
  const { hostname: host, port, protocol } = new URL(url);
  const options = { host, port: Number(port), allowHalfOpen: true };
  if (protocol === 'http:') {
    const socket = connect(options);
    await once(socket, 'connect');
    return clientOver(socket);
  }
  const socket = connectTls({ ...options, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return clientOver(socket);
}

export function clientOver(socket: Socket): RawClient {
  socket.setNoDelay(true);
  // The reader sees it; a client that is not reading does not mind.
  socket.on('error', () => {});
  const bytes = reader(socket);
  const head = async (): Promise<Omit<RawAnswer, 'body'>> => headOf(await bytes.until('\r\n\r\n'));
  const chunk = async (): Promise<string> => {
    const size = await bytes.until('\r\n');
    if (!/^[0-9a-f]+$/.test(size)) throw new Error(`not the size of a chunk: ${JSON.stringify(size)}`);
    const text = await bytes.take(Number.parseInt(size, 16));
    if ((await bytes.take(2)) !== '\r\n') throw new Error('a chunk has another size than it says');
    return text;
  };
  const body = async ({ status, headers }: Omit<RawAnswer, 'body'>, method: string): Promise<string> => {
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return '';
    if (headers.get('transfer-encoding') !== 'chunked') return bytes.take(Number(headers.get('content-length')));
    let text = '';
    for (let next = await chunk(); next !== ''; next = await chunk()) text += next;
    return text;
  };
  return {
    socket,
    send: (text) => void socket.write(text, 'latin1'),
    async answer(method = 'GET') {
      const begun = await head();
      return { ...begun, body: await body(begun, method) };
    },
    head,
    chunk,
    rest: () => bytes.rest(),
    gone: () =>
      bytes.rest().then(
        () => undefined,
        () => undefined,
      ),
  };
}

function headOf(text: string): Omit<RawAnswer, 'body'> {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) throw new Error(`no answer begins with ${JSON.stringify(first.slice(0, 100))}`);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(status), headers };
}

/** Takes of a socket what is asked for, and no more than a buffer's worth beyond. */
function reader(socket: Socket) {
  const source = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await source.next();
    if (next.done === true) return false;
    held = Buffer.concat([held, next.value]);
    return true;
  };
  const cut = (length: number, behind: number): string => {
    const text = held.toString('latin1', 0, length);
    held = held.subarray(length + behind);
    return text;
  };
  return {
    async until(end: string): Promise<string> {
      while (!held.includes(end)) if (!(await more())) throw new Error(`it ends in ${JSON.stringify(cut(100, 0))}`);
      return cut(held.indexOf(end), end.length);
    },
    async take(length: number): Promise<string> {
      const parts = [held];
      let missing = length - held.length;
      while (missing > 0) {
        const next = await source.next();
        if (next.done === true) throw new Error(`it ends ${missing} bytes early`);
        parts.push(next.value);
        missing -= next.value.length;
      }
      held = Buffer.concat(parts);
      return cut(length, 0);
    },
    async rest(): Promise<string> {
      const parts = [held];
      for (let next = await source.next(); next.done !== true; next = await source.next()) parts.push(next.value);
      held = Buffer.concat(parts);
      return cut(held.length, 0);
    },
  };
}
