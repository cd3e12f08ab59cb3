// A client of HTTP/2 that sends exactly the frames a test asks for, also those that no library would send, and says which came
// back (RFC 9113 §4.1). Headers are sent as literals without a table (RFC 7541 §6.2.2), and those of answers are not decoded.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4 } as const;
export const ERROR = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const FRAME_HEAD_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface FrameClient {
  readonly socket: Socket;
  /** Every frame that came, in order. */
  readonly received: readonly Frame[];
  send(...frames: readonly Buffer[]): void;
  /** The first frame that came or comes and matches. Rejects when the connection ends without it. */
  frame(matches: (frame: Frame) => boolean): Promise<Frame>;
  /** Resolves when the server has ended the connection, in whichever way. */
  gone(): Promise<void>;
}

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const SETTINGS_ACK = frame(FRAME.settings, FLAG.ack, 0);

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = entries.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 0xff]), uint32(value)]));
  return frame(FRAME.settings, 0, 0, Buffer.concat(payload));
}

export function rstStream(stream: number, code: number): Buffer {
  return frame(FRAME.rstStream, 0, stream, uint32(code));
}

export function data(stream: number, bytes: Buffer | string, flags = 0): Buffer {
  return frame(FRAME.data, flags, stream, Buffer.from(bytes as string));
}

export type Fields = readonly (readonly [name: string, value: string])[];

/** The fields that every request begins with. */
export function requestFields(method: string, path: string, more: Fields = []): Fields {
  return [[':method', method], [':scheme', 'https'], [':path', path], [':authority', 'a'], ...more];
}

export function fieldBlock(fields: Fields): Buffer {
  const text = (value: string): Buffer => Buffer.concat([integer(Buffer.byteLength(value), 7), Buffer.from(value)]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** RFC 7541 §5.1. */
function integer(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([value]);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

export function request(stream: number, fields: Fields, flags: number = FLAG.endStream): Buffer {
  return frame(FRAME.headers, flags | FLAG.endHeaders, stream, fieldBlock(fields));
}

export function get(stream: number, path: string): Buffer {
  return request(stream, requestFields('GET', path));
}

/** Agrees on `h2` and sends nothing. */
export async function tlsClient(port: number): Promise<Socket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Begins a connection as a client should. */
export async function frameClient(port: number): Promise<FrameClient> {
  const client = framesOver(await tlsClient(port));
  client.send(PREFACE, settings());
  await client.frame(({ type }) => type === FRAME.settings);
  client.send(SETTINGS_ACK);
  return client;
}

export function framesOver(socket: Socket): FrameClient {
  socket.on('error', () => {});
  const received: Frame[] = [];
  let held: Buffer = Buffer.alloc(0);
  let waiting: (() => void)[] = [];
  let isOver = false;
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    for (let next = cut(held); next !== undefined; next = cut(held)) {
      received.push(next.frame);
      held = next.rest;
    }
    wake();
  });
  const over = (): void => {
    isOver = true;
    wake();
  };
  socket.once('end', over).once('close', over);
  const changed = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));
  return {
    socket,
    received,
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    async frame(matches) {
      for (;;) {
        const found = received.find(matches);
        if (found !== undefined) return found;
        if (isOver) throw new Error(`the connection ended after ${describe(received)}`);
        await changed();
      }
    },
    async gone() {
      while (!isOver) await changed();
    },
  };
}

function cut(bytes: Buffer): { frame: Frame; rest: Buffer } | undefined {
  if (bytes.length < FRAME_HEAD_BYTES) return undefined;
  const end = FRAME_HEAD_BYTES + bytes.readUIntBE(0, 3);
  if (bytes.length < end) return undefined;
  const whole = {
    type: bytes.readUInt8(3),
    flags: bytes.readUInt8(4),
    stream: bytes.readUInt32BE(5),
    payload: bytes.subarray(FRAME_HEAD_BYTES, end),
  };
  return { frame: whole, rest: bytes.subarray(end) };
}

function describe(frames: readonly Frame[]): string {
  return frames.map(({ type, flags, stream }) => `${type}/${flags}@${stream}`).join(' ');
}

export const isHeaders =
  (stream: number) =>
  (each: Frame): boolean =>
    each.type === FRAME.headers && each.stream === stream;

export const isReset =
  (stream: number) =>
  (each: Frame): boolean =>
    each.type === FRAME.rstStream && each.stream === stream;

export function isGoaway({ type }: Frame): boolean {
  return type === FRAME.goaway;
}

/** Why a stream or a connection was ended. */
export function codeOf({ type, payload }: Frame): number {
  return payload.readUInt32BE(type === FRAME.goaway ? 4 : 0);
}

/** What came of a stream's body. */
export function bodyOf(client: FrameClient, stream: number): string {
  const parts = client.received.filter((each) => each.type === FRAME.data && each.stream === stream);
  return Buffer.concat(parts.map(({ payload }) => payload)).toString();
}
