// The WebSocket transport alone: order, what it tells of connections, and what it does with strangers and nonsense.
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeFrames, encodeValue } from '../../../raft/adapters/codec.ts';
import { webSocketTransport } from '../../../raft/adapters/index.ts';
import { FRAME_LIMIT_BYTES, SEND_QUEUE_LIMIT_BYTES } from '../../../raft/adapters/limits.ts';
import {
  CLOSE_DISOWNED,
  CLOSE_MALFORMED,
  CLOSE_REFUSED,
  CLOSE_REMOVED,
  encodeGreeting,
  RAFT_PATH,
  RAFT_PROTOCOL,
} from '../../../raft/adapters/websocket/greeting.ts';
import type { Contacts, Message, NodeId, Term, Transport, TransportHandlers } from '../../../raft/node/index.ts';
import { silentLogger } from '../../../src/lib/index.ts';
import { clock, freePorts, HOST, temporaryFolder, until } from './members.ts';

const A = 'a' as NodeId;
const B = 'b' as NodeId;
const C = 'c' as NodeId;
const folder = temporaryFolder();
const running = new Set<Transport>();
let count = 0;

afterEach(async () => {
  await Promise.all([...running].map((transport) => transport.stop()));
  running.clear();
});
afterAll(() => folder.remove());

interface End {
  readonly transport: Transport;
  readonly received: Message[];
  readonly events: string[];
}

const knowing = (peers: readonly NodeId[], removed: readonly NodeId[] = []): Contacts => ({
  peers,
  addresses: {},
  removed,
  isRemoved: false,
});

async function open(
  id: NodeId,
  ports: readonly number[],
  incarnation: string = id,
  former: readonly string[] = [],
): Promise<End> {
  const received: Message[] = [];
  const events: string[] = [];
  const at = (member: number): string => `${HOST}:${ports[member]}`;
  const directory = join(folder.path, String(count++));
  mkdirSync(directory);
  const transport = webSocketTransport({
    config: {
      id,
      clusterId: 'c',
      membership: { voters: [A, B], learners: [] },
      peerAddresses: id === C ? { [A]: at(0), [C]: at(2) } : { [A]: at(0), [B]: at(1) },
      seed: 1,
    },
    listen: { host: HOST, port: ports[[A, B, C].indexOf(id)] ?? 0 },
    tls: undefined,
    incarnation,
    former,
    directory,
    clock,
    logger: silentLogger,
  });
  running.add(transport);
  const handlers = {
    received: (message) => void received.push(message),
    frame: (peer, frame) => void events.push(`frame of ${frame.length} from ${peer}`),
    unreachable: (peer) => void events.push(`unreachable ${peer}`),
    connected: (peer) => void events.push(`connected ${peer}`),
    disowned: (peer) => void events.push(`disowned ${peer}`),
    removed: (peer) => void events.push(`removed by ${peer}`),
  } satisfies TransportHandlers;
  await transport.start(handlers, knowing(id === A ? [B] : id === B ? [A] : []));
  return { transport, received, events };
}

const heartbeat = (from: NodeId, to: NodeId, round: number): Message => ({
  kind: 'heartbeatResponse',
  from,
  to,
  term: 1 as Term,
  readRound: round,
});

const roundsOf = (messages: readonly Message[]): readonly number[] =>
  messages.map((message) => (message.kind === 'heartbeatResponse' ? message.readRound : -1));

describe('the WebSocket transport', () => {
  it('carries messages both ways, in order', async () => {
    const ports = await freePorts(2);
    const [a, b] = [await open(A, ports), await open(B, ports)];
    await until(() => a.events.includes('connected b') && b.events.includes('connected a'));
    for (let round = 0; round < 500; round += 5)
      a.transport.send([0, 1, 2, 3, 4].map((more) => heartbeat(A, B, round + more)));
    b.transport.send([heartbeat(B, A, 7)]);
    await until(() => b.received.length === 500 && a.received.length === 1);
    expect(roundsOf(b.received)).toEqual(Array.from({ length: 500 }, (_, round) => round));
    expect(a.received).toEqual([heartbeat(B, A, 7)]);
  });

  it('carries the frames of snapshots both ways beside the messages, on connections that are dialled when needed', async () => {
    const ports = await freePorts(2);
    const [a, b] = [await open(A, ports), await open(B, ports)];
    await until(() => a.events.includes('connected b') && b.events.includes('connected a'));
    a.transport.sendFrame(B, new Uint8Array(1_000_000));
    await until(() => b.events.includes('frame of 1000000 from a'));
    b.transport.sendFrame(A, new Uint8Array(3));
    a.transport.sendFrame(B, new Uint8Array(5));
    a.transport.send([heartbeat(A, B, 1)]);
    await until(() => a.events.includes('frame of 3 from b') && b.events.includes('frame of 5 from a'));
    await until(() => b.received.length === 1);
    await b.transport.stop();
    a.transport.sendFrame(B, new Uint8Array(7));
    const again = await open(B, ports);
    await until(() => {
      a.transport.sendFrame(B, new Uint8Array(9));
      return again.events.includes('frame of 9 from a');
    });
  });

  it('tells that a peer refuses, that it is there, that it left, and that it is back', async () => {
    const ports = await freePorts(2);
    const a = await open(A, ports);
    await until(() => a.events.includes('unreachable b'));
    const b = await open(B, ports);
    await until(() => a.events.at(-1) === 'connected b');
    await b.transport.stop();
    await until(() => a.events.at(-1) === 'unreachable b');
    a.transport.send([heartbeat(A, B, 1)]);
    const again = await open(B, ports);
    await until(() => a.events.at(-1) === 'connected b');
    a.transport.send([heartbeat(A, B, 2)]);
    await until(() => again.received.length > 0);
    expect(roundsOf(again.received)).toEqual([2]);
  });

  it('does not connect to a peer that comes back with another log', async () => {
    const ports = await freePorts(2);
    const a = await open(A, ports);
    const b = await open(B, ports);
    await until(() => a.events.includes('connected b') && b.events.includes('connected a'));
    await b.transport.stop();
    const wiped = await open(B, ports, 'another log');
    const before = a.events.length;
    await until(() => a.events.length > before + 1);
    expect(a.events.slice(before).filter((event) => event.startsWith('connected'))).toEqual([]);
    expect(wiped.events).not.toContain('connected a');
    await until(() => wiped.events.includes('disowned a'));
  });

  it('connects to a peer whose log took the place of the known one after damage, and no more to the lost one', async () => {
    const ports = await freePorts(2);
    const a = await open(A, ports);
    const b = await open(B, ports);
    await until(() => a.events.includes('connected b') && b.events.includes('connected a'));
    await b.transport.stop();
    const repaired = await open(B, ports, 'second log', ['older', B]);
    await until(() => repaired.events.includes('connected a') && a.events.at(-1) === 'connected b');
    await repaired.transport.stop();
    const restored = await open(B, ports);
    await until(() => restored.events.includes('disowned a'));
  });

  it('drops what a peer does not read beyond its queue, and says so when there is room again', async () => {
    const ports = await freePorts(2);
    const a = await open(A, ports);
    const sizes: number[] = [];
    let peer: WebSocket | undefined;
    const server = new WebSocketServer({ host: HOST, port: ports[1] ?? 0, path: RAFT_PATH });
    server.on('connection', (socket) => {
      socket.on('message', (data) => void sizes.push(data instanceof Buffer ? data.length : 0));
      socket.once('message', () => {
        socket.send(encodeGreeting({ clusterId: 'c', self: B, incarnation: 'b', former: [] }, A));
        socket.pause();
        peer = socket;
      });
    });
    await until(() => a.events.at(-1) === 'connected b');
    const size = 1024 * 1024;
    const sent = (2 * SEND_QUEUE_LIMIT_BYTES) / size;
    const commands = [new Uint8Array(size)];
    for (let each = 0; each < sent; each += 1)
      a.transport.send([{ kind: 'forwardedProposal', from: A, to: B, term: 1 as Term, commands }]);
    peer?.resume();
    await until(() => a.events.filter((event) => event === 'connected b').length === 2);
    const arrived = sizes.filter((each) => each > size).length;
    expect(arrived).toBeGreaterThanOrEqual(SEND_QUEUE_LIMIT_BYTES / size / 2);
    expect(arrived).toBeLessThan(sent);
    await a.transport.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it('follows the members while it runs: dials who is new, where it says it is, and lets go of who left', async () => {
    const ports = await freePorts(3);
    const [a, b] = [await open(A, ports), await open(C, ports)];
    // a has heard of c from nobody; c knows a from its configuration, and says where it listens.
    await until(() => a.events.includes('connected c') && b.events.includes('connected a'));
    a.transport.send([heartbeat(A, C, 1)]);
    await until(() => b.received.length === 1);
    a.transport.contacts(knowing([B], [C]));
    await until(() => b.events.includes('removed by a'));
    a.transport.send([heartbeat(A, C, 2)]);
    a.transport.contacts(knowing([B, C]));
    await until(() => a.events.filter((event) => event === 'connected c').length === 2);
    a.transport.send([heartbeat(A, C, 3)]);
    await until(() => b.received.length === 2);
    expect(roundsOf(b.received)).toEqual([1, 3]);
  });

  it('stops twice, and sends nothing afterwards', async () => {
    const { transport } = await open(A, await freePorts(2));
    await Promise.all([transport.stop(), transport.stop()]);
    transport.send([heartbeat(A, B, 1)]);
  });
});

describe('the Raft endpoint', () => {
  const greeting = (
    clusterId: string,
    from: NodeId,
    to: NodeId,
    incarnation = 'log',
    former: readonly string[] = [],
  ): Uint8Array => encodeGreeting({ clusterId, self: from, incarnation, former }, to);

  const frameOf = (message: Message): Uint8Array => Buffer.concat(encodeFrames([message]));

  /** A connection of b with this log, which was let in. */
  async function greeted(port: number, incarnation: string, former: readonly string[]) {
    const socket = new WebSocket(`ws://${HOST}:${port}${RAFT_PATH}`, RAFT_PROTOCOL);
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => socket.send(greeting('c', B, A, incarnation, former)));
      socket.once('message', () => resolve());
    });
    return { socket, closed };
  }

  /** Says `frames` one after another; returns the code that the endpoint closes with. */
  async function say(port: number, frames: readonly Uint8Array[]): Promise<number> {
    const socket = new WebSocket(`ws://${HOST}:${port}${RAFT_PATH}`, RAFT_PROTOCOL);
    return new Promise((resolve, reject) => {
      socket.on('open', () => {
        for (const frame of frames) socket.send(frame);
      });
      socket.on('error', reject);
      socket.on('close', resolve);
    });
  }

  it('refuses who greets wrongly', async () => {
    const ports = await freePorts(2);
    const { received } = await open(A, ports);
    const port = ports[0] ?? 0;
    const wrong = [
      encodeValue('hello'),
      // What is said back about these must fit a close frame, in UTF-8.
      greeting('ü'.repeat(200), B, A),
      greeting('x€'.repeat(100), B, A),
      greeting('other', B, A),
      greeting('c', B, B),
      greeting('c', A, A),
      new Uint8Array(5_000),
    ];
    for (const frame of wrong)
      expect(await say(port, [frame, ...encodeFrames([heartbeat(B, A, 1)])])).toBe(CLOSE_REFUSED);
    expect(received).toEqual([]);
  });

  it('lets in a member that its own log does not know yet, and tells one that was removed that it was', async () => {
    const [port = 0] = await freePorts(2);
    const { transport, received, events } = await open(A, [port]);
    const joining = new WebSocket(`ws://${HOST}:${port}${RAFT_PATH}`, RAFT_PROTOCOL);
    const closed = new Promise((resolve) => joining.on('close', resolve));
    joining.on('open', () => {
      joining.send(greeting('c', C, A));
      for (const frame of encodeFrames([heartbeat(C, A, 1)])) joining.send(frame);
    });
    await until(() => received.length === 1);
    expect(received).toEqual([heartbeat(C, A, 1)]);
    transport.contacts(knowing([B], [C]));
    expect(await closed).toBe(CLOSE_REMOVED);
    expect(await say(port, [greeting('c', C, A)])).toBe(CLOSE_REMOVED);
    await until(() => events.includes('unreachable c'));
  });

  it('closes on a frame that is malformed or too large, and hands nothing on', async () => {
    const ports = await freePorts(2);
    const { received } = await open(A, ports);
    const port = ports[0] ?? 0;
    expect(await say(port, [greeting('c', B, A), encodeValue([[99]])])).toBe(CLOSE_MALFORMED);
    const messageTooBig = 1009;
    expect(await say(port, [greeting('c', B, A), new Uint8Array(FRAME_LIMIT_BYTES + 1)])).toBe(messageTooBig);
    expect(received).toEqual([]);
  });

  it('hears no more of a lost log, once the one that took its place has greeted', async () => {
    const ports = await freePorts(2);
    const { received } = await open(A, ports);
    const port = ports[0] ?? 0;
    const former = await greeted(port, 'first log', []);
    former.socket.send(frameOf(heartbeat(B, A, 1)));
    await until(() => received.length === 1);
    // What the former process still has in flight: its connection is open, and nobody has told it that its log is lost.
    const repaired = await greeted(port, 'second log', ['older log', 'first log']);
    former.socket.send(frameOf(heartbeat(B, A, 2)));
    repaired.socket.send(frameOf(heartbeat(B, A, 3)));
    await former.closed;
    await until(() => received.length === 2);
    expect(roundsOf(received)).toEqual([1, 3]);
    expect(await say(port, [greeting('c', B, A, 'first log'), frameOf(heartbeat(B, A, 4))])).toBe(CLOSE_DISOWNED);
    expect(await say(port, [greeting('c', B, A, 'third log', ['older log'])])).toBe(CLOSE_DISOWNED);
    expect(roundsOf(received)).toEqual([1, 3]);
    repaired.socket.close();
    await repaired.closed;
  });

  it('lets in a peer that lost several logs while this member was away, if it names the one that was met', async () => {
    const [port = 0] = await freePorts(2);
    await open(A, [port, 1]);
    const first = await greeted(port, 'first log', []);
    const fourth = await greeted(port, 'fourth log', ['first log', 'second log', 'third log']);
    await first.closed;
    // From now on the fourth is the one that is known: each of those before it is lost.
    for (const lost of ['first log', 'second log', 'third log'])
      expect(await say(port, [greeting('c', B, A, lost, ['first log'])])).toBe(CLOSE_DISOWNED);
    fourth.socket.close();
    await fourth.closed;
  });

  it('answers plain HTTP with 426', async () => {
    const ports = await freePorts(2);
    await open(A, ports);
    const status = await new Promise((resolve, reject) => {
      request({ host: HOST, port: ports[0] }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(426);
  });
});
