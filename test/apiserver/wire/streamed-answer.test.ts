// The body of an answer as it comes: how it is framed, that its head goes before it, and that nothing of it stays behind.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type BodyFraming, StreamedAnswer } from '../../../src/apiserver/http/wire/streamed-answer.ts';

const HEAD = 'HTTP/1.1 200 OK\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';
/** What a connection holds before it wants to be waited for. */
const ROOM_BYTES = 64;

interface Connection {
  readonly socket: Socket;
  /** Whatever was written, in pieces as they were. */
  readonly written: Buffer[];
  text(): string;
  /** Holds what is written from now on, until `release`. */
  hold(): void;
  release(): void;
  listeners(): readonly number[];
}

/** A connection that takes everything at once, or only when it is told to. */
function connection(): Connection {
  const written: Buffer[] = [];
  let holds = false;
  let held: (() => void)[] = [];
  const socket = new Duplex({
    writableHighWaterMark: ROOM_BYTES,
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      if (holds) held.push(done);
      else done();
    },
  }) as unknown as Socket;
  return {
    socket,
    written,
    text: () => Buffer.concat(written).toString('latin1'),
    hold() {
      holds = true;
    },
    release() {
      holds = false;
      const released = held;
      held = [];
      for (const done of released) done();
    },
    listeners: () => ['close', 'drain', 'error', 'finish'].map((event) => socket.listenerCount(event)),
  };
}

function answerOn({ socket }: Connection, framing: BodyFraming): StreamedAnswer {
  return new StreamedAnswer(socket, HEAD, framing);
}

async function turn(): Promise<void> {
  await new Promise(setImmediate);
}

/** Whether a promise is settled by now. */
function watched(promise: Promise<void>): { readonly done: boolean } {
  const state = { done: false };
  void promise.then(() => {
    state.done = true;
  });
  return state;
}

describe('the body of an answer', () => {
  it('goes in chunks that say their sizes, and a last one', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    answer.write('ab');
    answer.write(Buffer.from('é'.repeat(20)));
    answer.end('z');
    await once(answer, 'close');
    const long = Buffer.from('é'.repeat(20)).toString('latin1');
    expect(to.text()).toBe(`${HEAD}2\r\nab\r\n28\r\n${long}\r\n1\r\nz\r\n${LAST_CHUNK}`);
  });

  it('goes as it is when its length is known', async () => {
    const to = connection();
    const answer = answerOn(to, 'length');
    answer.write('ab');
    answer.writeShared(Buffer.from('cd'));
    answer.end('ef');
    await once(answer, 'close');
    expect(to.text()).toBe(`${HEAD}abcdef`);
  });

  it('is not there when there is to be none, whatever is written', async () => {
    const to = connection();
    const answer = answerOn(to, 'none');
    answer.write('ab');
    answer.writeShared(Buffer.from('cd'));
    answer.end('ef');
    await once(answer, 'close');
    expect(to.text()).toBe(HEAD);
    expect(answer.writableFinished).toBe(true);
  });

  it('may be empty', async () => {
    for (const framing of ['chunks', 'length', 'none'] as const) {
      const to = connection();
      answerOn(to, framing).end();
      await turn();
      expect(to.text()).toBe(framing === 'chunks' ? `${HEAD}${LAST_CHUNK}` : HEAD);
    }
  });

  it.each(['write', 'writeShared'] as const)('does not end with %s of nothing', async (how) => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    answer.write('ab');
    answer[how](Buffer.alloc(0));
    answer.end('cd');
    await once(answer, 'close');
    expect(to.text()).toBe(`${HEAD}2\r\nab\r\n2\r\ncd\r\n${LAST_CHUNK}`);
  });

  it('goes with its frame in one write', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    answer.flushHeaders();
    answer.write('ab');
    answer.writeShared(Buffer.from('cd'));
    await turn();
    expect(to.written.map(String)).toEqual([HEAD, '2\r\nab\r\n', '2\r\ncd\r\n']);
  });
});

describe('the head of an answer', () => {
  it('goes when it is asked to, once', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    expect(to.text()).toBe('');
    answer.flushHeaders();
    answer.flushHeaders();
    expect(to.text()).toBe(HEAD);
    answer.end('ab');
    await once(answer, 'close');
    expect(to.text()).toBe(`${HEAD}2\r\nab\r\n${LAST_CHUNK}`);
  });

  it.each(['write', 'writeShared'] as const)('goes before what comes first by %s', async (how) => {
    for (const framing of ['chunks', 'length'] as const) {
      const to = connection();
      const answer = answerOn(to, framing);
      answer[how](Buffer.from('ab'));
      await turn();
      expect(to.text()).toBe(framing === 'chunks' ? `${HEAD}2\r\nab\r\n` : `${HEAD}ab`);
    }
  });

  it('does not go to a client that has left', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    to.socket.destroy();
    answer.flushHeaders();
    answer.writeShared(Buffer.from('ab'));
    await turn();
    expect(to.text()).toBe('');
  });
});

describe('what is written to many', () => {
  it('keeps its place among what is written to one', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    to.hold();
    const all = Array.from({ length: 12 }, (_, at) => `${at % 10}`.repeat(ROOM_BYTES / 2));
    all.forEach((text, at) => {
      if (at % 3 === 0) answer.write(text);
      else answer.writeShared(Buffer.from(text));
    });
    await turn();
    expect(answer.writableLength).toBeGreaterThan(0);
    for (let round = 0; round < 2 * all.length; round++) {
      to.release();
      to.hold();
      await turn();
    }
    to.release();
    answer.end();
    await once(answer, 'close');
    const chunks = all.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`);
    expect(to.text()).toBe(`${HEAD}${chunks.join('')}${LAST_CHUNK}`);
  });

  it('is framed once for all of them', async () => {
    const many = [connection(), connection(), connection()];
    const bytes = Buffer.from('event');
    for (const to of many) answerOn(to, 'chunks').writeShared(bytes);
    const [first, ...others] = many.map(({ written }) => written.at(-1));
    expect(String(first)).toBe('5\r\nevent\r\n');
    for (const other of others) expect(other).toBe(first);
    answerOn(many[0] as Connection, 'length').writeShared(bytes);
    await turn();
    expect(String(many[0]?.written.at(-1))).toBe('event');
  });

  it('goes nowhere after the end', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    answer.end('ab');
    answer.writeShared(Buffer.from('cd'));
    await once(answer, 'close');
    answer.writeShared(Buffer.from('ef'));
    expect(to.text()).toBe(`${HEAD}2\r\nab\r\n${LAST_CHUNK}`);
  });
});

describe('waiting for a client', () => {
  it('is over at once when it takes everything', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    answer.write('ab');
    const before = to.listeners();
    await answer.drained();
    expect(to.listeners()).toEqual(before);
    expect(answer.unsentBytes()).toBe(0);
  });

  it.each(['write', 'writeShared'] as const)('is over when it takes more, after %s', async (how) => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    const before = to.listeners();
    to.hold();
    for (let times = 0; times < 4; times++) answer[how](Buffer.alloc(ROOM_BYTES, 'x'));
    expect(answer.unsentBytes()).toBeGreaterThanOrEqual(4 * ROOM_BYTES);
    const drained = watched(answer.drained());
    await turn();
    expect(drained.done).toBe(false);
    while (!drained.done) {
      to.release();
      await turn();
    }
    while (answer.unsentBytes() > 0) await turn();
    expect(to.listeners()).toEqual(before);
  });

  it('is over when it leaves', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    to.hold();
    for (let times = 0; times < 4; times++) answer.writeShared(Buffer.alloc(ROOM_BYTES, 'x'));
    const drained = answer.drained();
    to.socket.destroy();
    await drained;
    expect(answer.destroyed).toBe(true);
    await answer.drained();
  });

  it('is over when the answer is broken off', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    to.hold();
    answer.write(Buffer.alloc(4 * ROOM_BYTES, 'x'));
    const drained = answer.drained();
    answer.destroy();
    await drained;
    expect(to.socket.destroyed).toBe(true);
  });
});

describe('the end of an answer', () => {
  it('is finished and then closed, and leaves the connection to the next one', async () => {
    const to = connection();
    const order: string[] = [];
    const answer = answerOn(to, 'chunks');
    for (const event of ['finish', 'close']) answer.once(event, () => order.push(event));
    answer.end('ab');
    await once(answer, 'close');
    expect(order).toEqual(['finish', 'close']);
    expect([answer.writableFinished, to.socket.destroyed, to.socket.writableEnded]).toEqual([true, false, false]);
  });

  it.each(['chunks', 'length'] as const)('comes when the client has taken it (%s)', async (framing) => {
    const to = connection();
    const answer = answerOn(to, framing);
    let closed = false;
    answer.once('close', () => {
      closed = true;
    });
    to.hold();
    answer.write(Buffer.alloc(4 * ROOM_BYTES, 'x'));
    answer.end();
    await turn();
    expect([answer.writableFinished, closed]).toEqual([false, false]);
    while (!closed) {
      to.release();
      await turn();
    }
    expect([answer.writableFinished, to.socket.destroyed]).toEqual([true, false]);
  });

  it('comes when its client leaves, unfinished and without an error', async () => {
    for (const writes of [0, 1, 4]) {
      const to = connection();
      const answer = answerOn(to, 'chunks');
      to.hold();
      for (let times = 0; times < writes; times++) answer.write(Buffer.alloc(ROOM_BYTES, 'x'));
      to.socket.destroy();
      await once(answer, 'close');
      expect(answer.writableFinished).toBe(false);
    }
  });

  it('comes at once when its client had left before it began', async () => {
    const to = connection();
    to.socket.destroy();
    const answer = answerOn(to, 'chunks');
    await once(answer, 'close');
    expect(answer.writableFinished).toBe(false);
    expect(to.text()).toBe('');
  });

  it('takes the connection along when it is broken off', async () => {
    const to = connection();
    const answer = answerOn(to, 'chunks');
    answer.write('ab');
    answer.destroy(new Error('the source broke off'));
    await once(answer, 'close');
    expect(to.socket.destroyed).toBe(true);
    expect(to.text()).not.toContain(LAST_CHUNK);
  });
});

describe('the connection after many answers', () => {
  it.each(['chunks', 'length', 'none'] as const)('has no listener of theirs left (%s)', async (framing) => {
    const to = connection();
    const before = to.listeners();
    for (let at = 0; at < 30; at++) {
      const answer = answerOn(to, framing);
      const closed = watched(once(answer, 'close').then(() => undefined));
      if (at % 2 === 0) to.hold();
      for (let times = 0; times < at % 5; times++) {
        if (times % 2 === 0) answer.write(Buffer.alloc(ROOM_BYTES, 'x'));
        else answer.writeShared(Buffer.alloc(ROOM_BYTES, 'y'));
      }
      const drained = answer.drained();
      answer.end(at % 3 === 0 ? 'end' : undefined);
      while (!closed.done) {
        to.release();
        await turn();
      }
      await drained;
      expect(to.listeners()).toEqual(before);
    }
    expect(to.socket.destroyed).toBe(false);
  });

  it('has none either when they are broken off', async () => {
    const to = connection();
    const before = to.listeners();
    const answer = answerOn(to, 'chunks');
    answer.flushHeaders();
    answer.destroy();
    await once(answer, 'close');
    expect(to.listeners()).toEqual(before);
  });
});
