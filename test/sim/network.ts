// The simulated network: from each server to each other one connection at a time, in order while it lasts, as the real
// transport dials one for each direction; so one direction may be cut for long while the other works. What breaks a connection
// loses what was on its way, or delivers it late, among the messages of the next one. A lost message always ends its connection,
// as TCP would; what a partition swallows is lost at once and noticed later, or not. Messages travel as the real codec's bytes.

import { decodeFrame, encodeFrames } from '../../raft/adapters/codec.ts';
import { describeMessage, type Message, type NodeId } from '../../raft/core/index.ts';
import type { Transport, TransportHandlers } from '../../raft/node/index.ts';
import type { Prng } from '../../src/lib/index.ts';
import { type Incarnation, type Micros, MS, type Scheduler } from './time.ts';
import type { Trace } from './trace.ts';

/** How the network behaves at the moment. */
interface Weather {
  /** Probability that a message is lost, and its connection with it. */
  loss: number;
  /** Probability that a message arrives a second time, at any later moment. */
  duplication: number;
  /** Probability that a message, and what comes after it, is held up for long. */
  delay: number;
}

const FAIR: Readonly<Weather> = { loss: 0, duplication: 0.001, delay: 0.001 };
const STORM: Readonly<Weather> = { loss: 0.02, duplication: 0.05, delay: 0.03 };

/** Of frames also in fair weather: they are few, and each is to be lost, repeated or late in some run. */
const FRAME_LOSS = 0.02;
const CONNECT_TIME = 3 * MS;
const RETRY_TIME = 100 * MS;
/** A connection that nothing passes is given up by its ends after up to this long. */
const SILENCE_LIMIT = 800 * MS;

interface End {
  readonly owner: Incarnation;
  readonly handlers: TransportHandlers;
}

interface Connection {
  /** Who dialled it, and sends on it. */
  readonly from: NodeId;
  readonly to: NodeId;
  up: boolean;
  generation: number;
  connecting: boolean;
  /** When the newest message arrives. */
  lastArrival: Micros;
  /** Something was lost: nothing more arrives on this connection. */
  broken: boolean;
}

export interface NetworkParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly trace: Trace;
  /** Sees each message when it leaves. */
  readonly sent: (message: Message) => void;
  readonly count: (what: string) => void;
}

export class Network {
  readonly #parts: NetworkParts;
  readonly #ends = new Map<NodeId, End>();
  readonly #connections: Connection[] = [];
  readonly #members = new Set<NodeId>();
  /** Whom a member does not let in, as it has said. */
  readonly #removed = new Map<NodeId, readonly NodeId[]>();
  /** `a>b`: nothing passes from a to b, for so many reasons. */
  readonly #blocked = new Map<string, Set<object>>();
  readonly #storms = new Set<object>();

  constructor(members: readonly NodeId[], parts: NetworkParts) {
    this.#parts = parts;
    for (const id of members) this.#join(id);
  }

  /** A machine that was not there before is connected to all others. */
  #join(id: NodeId): void {
    if (this.#members.has(id)) return;
    const fresh = { up: false, generation: 0, connecting: false, lastArrival: 0, broken: false };
    for (const other of this.#members) {
      this.#connections.push({ from: id, to: other, ...fresh }, { from: other, to: id, ...fresh });
    }
    this.#members.add(id);
  }

  /** The transport of a new process. Its predecessor's connections ended with it. */
  transport(id: NodeId, owner: Incarnation): Transport {
    return {
      start: (handlers, contacts) => {
        this.#join(id);
        this.#ends.set(id, { owner, handlers });
        this.#removed.set(id, contacts.removed);
        for (const connection of this.#of(id)) this.#connect(connection);
        return Promise.resolve();
      },
      // Everybody is connected to everybody: whom a member talks to is its own affair.
      contacts: ({ removed }) => {
        this.#removed.set(id, removed);
      },
      send: (messages) => {
        for (const message of messages) this.#send(message);
      },
      sendFrame: (peer, frame) => this.#sendFrame(id, peer, frame),
      stop: () => Promise.resolve(),
    };
  }

  /** The process of `id` died: its peers see their connections refused, or nothing at all (power loss). */
  died(id: NodeId, silently: boolean): void {
    this.#ends.delete(id);
    for (const connection of this.#of(id)) {
      if (silently) this.#fade(connection);
      else this.reset(connection);
    }
  }

  get #weather(): Weather {
    return this.#storms.size > 0 ? STORM : FAIR;
  }

  /** Bad weather everywhere. Returns what ends it. */
  storm(): () => void {
    const storm = {};
    this.#storms.add(storm);
    return () => this.#storms.delete(storm);
  }

  /** Nothing passes any more. Returns what ends it; for a link that is blocked twice both ends must come. */
  block(from: NodeId, to: NodeId): () => void {
    const reason = {};
    const link = `${from}>${to}`;
    const reasons = this.#blocked.get(link) ?? new Set();
    this.#blocked.set(link, reasons.add(reason));
    const connection = this.#connection(from, to);
    if (connection?.up === true) this.#fade(connection);
    return () => {
      reasons.delete(reason);
      if (reasons.size > 0 || this.#blocked.get(link) !== reasons) return;
      this.#blocked.delete(link);
      if (connection !== undefined) this.#heal(connection);
    };
  }

  healAll(): void {
    this.#blocked.clear();
    this.#storms.clear();
    for (const connection of this.#connections) this.#heal(connection);
  }

  #heal(connection: Connection): void {
    if (connection.broken) this.reset(connection);
    else if (!connection.up) this.#connect(connection);
  }

  /** The connection on which `from` sends to `to` ends. Returns false when there is none. */
  resetFrom(from: NodeId, to: NodeId): boolean {
    const connection = this.#connection(from, to);
    if (connection?.up !== true) return false;
    this.reset(connection);
    return true;
  }

  #of(id: NodeId): Connection[] {
    return this.#connections.filter(({ from, to }) => from === id || to === id);
  }

  #connection(sender: NodeId, receiver: NodeId): Connection | undefined {
    return this.#connections.find(({ from, to }) => from === sender && to === receiver);
  }

  /** Ends a connection; both ends see it, and connect again. */
  reset(connection: Connection): void {
    const { from, to } = connection;
    connection.generation += 1;
    connection.up = false;
    connection.broken = false;
    connection.lastArrival = 0;
    this.#tell(from, to, 'unreachable');
    this.#tell(to, from, 'unreachable');
    this.#connect(connection);
  }

  /** Nothing passes any more; the ends find out after a while. */
  #fade(connection: Connection): void {
    const { generation } = connection;
    const { scheduler, random } = this.#parts;
    scheduler.after(SILENCE_LIMIT / 4 + random.int(SILENCE_LIMIT), () => {
      if (connection.generation === generation) this.reset(connection);
    });
  }

  #tell(id: NodeId, peer: NodeId, what: 'unreachable' | 'connected' | 'removed'): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    const { scheduler, random, trace } = this.#parts;
    const tell = (): void => {
      trace.note(id, `${what} ${peer}`);
      end.handlers[what](peer);
    };
    scheduler.after(50 + random.int(MS), tell, end.owner);
  }

  #connect(connection: Connection): void {
    if (connection.up || connection.connecting) return;
    connection.connecting = true;
    const { scheduler, random } = this.#parts;
    scheduler.after(CONNECT_TIME / 3 + random.int(CONNECT_TIME), () => {
      connection.connecting = false;
      this.#attempt(connection);
    });
  }

  #attempt(connection: Connection): void {
    const { from, to } = connection;
    const { scheduler, random } = this.#parts;
    const isBlocked = this.#blocked.has(`${from}>${to}`);
    const isAlive = this.#ends.has(from) && this.#ends.has(to);
    const isRemoved = this.#removed.get(to)?.includes(from) === true;
    if (isAlive && !isBlocked && isRemoved) this.#tell(from, to, 'removed');
    if (isAlive && !isBlocked && !isRemoved) {
      connection.up = true;
      connection.generation += 1;
      this.#tell(from, to, 'connected');
      return;
    }
    // Refused at once, or no answer, which is given up after a while.
    if (!isBlocked || random.chance(0.1)) this.#tell(from, to, 'unreachable');
    connection.connecting = true;
    scheduler.after(RETRY_TIME + random.int(RETRY_TIME), () => {
      connection.connecting = false;
      this.#attempt(connection);
    });
  }

  #send(message: Message): void {
    const { from, to } = message;
    const { random, count, sent } = this.#parts;
    sent(message);
    const connection = this.#connection(from, to);
    if (connection?.up !== true) return;
    if (this.#blocked.has(`${from}>${to}`) || random.chance(this.#weather.loss)) {
      if (connection.broken) return;
      count('message lost');
      connection.broken = true;
      this.#fade(connection);
      return;
    }
    if (connection.broken) return;
    const frames = encodeFrames([message]);
    this.#schedule(connection, frames);
    if (!random.chance(this.#weather.duplication)) return;
    count('message duplicated');
    this.#arrive(connection, frames, random.int(200 * MS));
  }

  /** Snapshots have connections of their own; of these nothing is promised, not even order. */
  #sendFrame(from: NodeId, to: NodeId, frame: Uint8Array): void {
    const { scheduler, random, trace, count } = this.#parts;
    const receiver = this.#ends.get(to);
    if (receiver === undefined || this.#blocked.has(`${from}>${to}`)) return;
    if (random.chance(FRAME_LOSS + this.#weather.loss)) {
      count('frame lost');
      return;
    }
    const deliver = (): void => {
      trace.note(to, `< ${frame.length} bytes of a snapshot's transfer from ${from}`);
      receiver.handlers.frame(from, new Uint8Array(frame));
    };
    const copies = random.chance(FRAME_LOSS + this.#weather.duplication) ? 2 : 1;
    if (copies === 2) count('frame repeated');
    for (let copy = 0; copy < copies; copy++) {
      const isHeldUp = random.chance(FRAME_LOSS + this.#weather.delay);
      if (isHeldUp) count('frame delayed');
      scheduler.after(200 + random.int(2 * MS) + (isHeldUp ? random.int(1_500 * MS) : 0), deliver, receiver.owner);
    }
  }

  #schedule(connection: Connection, frames: readonly Uint8Array[]): void {
    const { scheduler, random, count } = this.#parts;
    const isHeldUp = random.chance(this.#weather.delay);
    if (isHeldUp) count('message delayed');
    const latency = 100 + random.int(500) + (isHeldUp ? random.int(400 * MS) : 0);
    const at = Math.max(connection.lastArrival + 1, scheduler.now + latency);
    connection.lastArrival = at;
    this.#arrive(connection, frames, at - scheduler.now);
  }

  #arrive(connection: Connection, frames: readonly Uint8Array[], delay: Micros): void {
    const { scheduler, random, trace, count } = this.#parts;
    const { from, to, generation } = connection;
    const deliver = (receiver: End): void => {
      if (this.#blocked.has(`${from}>${to}`)) return;
      if (connection.generation !== generation) {
        // Of an ended connection: often lost, often read from a buffer after all.
        if (!random.chance(0.6)) return;
        count('message of an old connection');
      }
      for (const message of frames.flatMap((frame) => decodeFrame(frame, from, to))) {
        trace.note(to, `< ${describeMessage(message)}`);
        receiver.handlers.received(message);
      }
    };
    const dialled = this.#ends.get(to);
    if (dialled === undefined) return;
    scheduler.after(delay, () => {
      // Who was meant may be dead, and another process of the same member be there: it may still be told (see deliver).
      const receiver = this.#ends.get(to);
      if (receiver === undefined) return;
      if (receiver.owner.pausedUntil <= scheduler.now) deliver(receiver);
      else scheduler.after(0, () => deliver(receiver), receiver.owner);
    });
  }
}
