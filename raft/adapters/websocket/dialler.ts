// The connection over which a member sends to one peer: dialled, greeted, used, and dialled again when it breaks.
// Everything is sent on the connection that the sender dialled; what it receives comes on those its peers dialled.
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { type Clock, type Logger, messageOf, type Timer, untilBeat } from '../../../src/lib/index.ts';
import type { Message, NodeId } from '../../node/index.ts';
import { encodeFrames } from '../codec.ts';
import {
  CLOSE_LIMIT_MS,
  DRAIN_CHECK_MS,
  GREETING_LIMIT_BYTES,
  GREETING_LIMIT_MS,
  PING_PERIOD_MS,
  REDIAL_FIRST_MS,
  REDIAL_LONGEST_MS,
  SEND_QUEUE_LIMIT_BYTES,
  SILENCE_LIMIT_MS,
} from '../limits.ts';
import {
  CLOSE_DISOWNED,
  CLOSE_REFUSED,
  CLOSE_REMOVED,
  decodeGreeting,
  encodeGreeting,
  type LocalMember,
  objectionTo,
  RAFT_PATH,
  type Recognise,
} from './greeting.ts';

/** PEM texts of this member's certificate and of the authority that signed all members'. */
export interface TransportTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface DiallerOptions {
  readonly local: LocalMember;
  readonly recognise: Recognise;
  /** The sub-protocol: what the connection is for. */
  readonly protocol: string;
  /** Whether a broken connection is dialled again by itself. */
  readonly redials: boolean;
  readonly peer: NodeId;
  /** host:port, asked for at each attempt, because it is only a hint. */
  address(): string | undefined;
  readonly tls: TransportTls | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  connected(): void;
  unreachable(): void;
  /** The peer met this member with another log. */
  disowned(reason: string): void;
  /** The peer says that this member is no member any more. */
  removed(): void;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'dialling'; readonly socket: WebSocket; readonly deadline: Timer }
  | { readonly kind: 'open'; readonly socket: WebSocket }
  | { readonly kind: 'waiting'; readonly timer: Timer }
  | { readonly kind: 'stopped' };

export class Dialler {
  private readonly options: DiallerOptions;
  private state: State = { kind: 'idle' };
  private redialMs = REDIAL_FIRST_MS;
  private pinger: Timer | undefined;
  private heardAt = 0;
  /** Messages were dropped since the socket was full; told once there is room again. */
  private dropped = false;
  /** What was objected last, so that the log is not filled with repetitions. */
  private lastTrouble = '';

  constructor(options: DiallerOptions) {
    this.options = options;
  }

  /** Dials now, unless a connection stands or is being made. */
  dial(): void {
    if (this.state.kind === 'open' || this.state.kind === 'dialling' || this.state.kind === 'stopped') return;
    if (this.state.kind === 'waiting') this.state.timer.cancel();
    const address = this.options.address();
    if (address === undefined) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(
        `${this.options.tls === undefined ? 'ws' : 'wss'}://${address}${RAFT_PATH}`,
        this.options.protocol,
        this.socketOptions(),
      );
    } catch (error) {
      this.trouble(messageOf(error));
      this.retry();
      return;
    }
    const deadline = this.options.clock.timer(GREETING_LIMIT_MS, () => socket.terminate());
    this.state = { kind: 'dialling', socket, deadline };
    socket.on('open', () => socket.send(encodeGreeting(this.options.local, this.options.peer)));
    socket.on('message', (data) => {
      if (data instanceof Buffer) this.greeted(socket, data);
    });
    socket.on('pong', () => {
      this.heardAt = this.options.clock.monotonic();
    });
    socket.on('error', (error) => this.trouble(error.message));
    socket.on('close', (code, reason) => {
      const said = reason.toString('utf8');
      if (code === CLOSE_REFUSED) this.trouble(`it refuses this member: ${said}`, 'warn');
      if (code === CLOSE_DISOWNED) this.options.disowned(said);
      if (code === CLOSE_REMOVED) this.options.removed();
      this.closed(socket);
    });
  }

  /** Sends in order, or drops when no connection stands or its queue is full. */
  send(messages: readonly Message[]): void {
    if (this.state.kind !== 'open') return;
    const { socket } = this.state;
    for (const frame of encodeFrames(messages)) {
      if (socket.bufferedAmount <= SEND_QUEUE_LIMIT_BYTES) socket.send(frame);
      else if (!this.dropped) {
        this.dropped = true;
        this.awaitDrain(socket);
      }
    }
  }

  /** Whether sendFrame() would send. */
  get isOpen(): boolean {
    return this.state.kind === 'open';
  }

  /** Sends one frame, or drops it as send() does. */
  sendFrame(frame: Uint8Array): void {
    if (this.state.kind !== 'open') return;
    if (this.state.socket.bufferedAmount <= SEND_QUEUE_LIMIT_BYTES) this.state.socket.send(frame);
  }

  /** Resolves when the socket is closed. */
  stop(): Promise<void> {
    const { state } = this;
    this.state = { kind: 'stopped' };
    this.pinger?.cancel();
    switch (state.kind) {
      case 'waiting':
        state.timer.cancel();
        return Promise.resolve();
      case 'dialling':
        state.deadline.cancel();
        return closeSocket(state.socket, this.options.clock, 'terminate');
      case 'open':
        return closeSocket(state.socket, this.options.clock, 'close');
      case 'idle':
      case 'stopped':
        return Promise.resolve();
    }
  }

  private socketOptions(): ClientOptions {
    const { tls, peer } = this.options;
    const common: ClientOptions = {
      perMessageDeflate: false,
      maxPayload: GREETING_LIMIT_BYTES,
      handshakeTimeout: GREETING_LIMIT_MS,
      // Masks protect proxies from browsers (RFC 6455 §10.3). Between members there are neither, so a mask of zero saves the work.
      generateMask: (mask) => mask.fill(0),
    };
    if (tls === undefined) return common;
    const secure: ConnectionOptions = {
      ...tls,
      minVersion: 'TLSv1.3',
      // The address is a hint; who answers there is said by the name in its certificate.
      checkServerIdentity: (_host, certificate) =>
        certificate.subject.CN === peer
          ? undefined
          : new Error(`the certificate there is of ${certificate.subject.CN}, not of ${peer}`),
    };
    // ws hands these to tls.connect, whose signature of checkServerIdentity the types of ws do not know.
    return { ...common, ...(secure as unknown as ClientOptions) };
  }

  private greeted(socket: WebSocket, data: Buffer): void {
    if (this.state.kind !== 'dialling' || this.state.socket !== socket) return;
    const { local, recognise, peer, clock } = this.options;
    try {
      const greeting = decodeGreeting(data);
      const objection =
        objectionTo(greeting, { clusterId: local.clusterId, from: peer, to: local.self }) ??
        recognise(peer, greeting.incarnation, greeting.former);
      if (objection !== undefined) throw new Error(objection);
    } catch (error) {
      this.trouble(messageOf(error), 'warn');
      socket.close(CLOSE_REFUSED);
      return;
    }
    this.state.deadline.cancel();
    this.state = { kind: 'open', socket };
    this.redialMs = REDIAL_FIRST_MS;
    this.dropped = false;
    this.lastTrouble = '';
    this.heardAt = clock.monotonic();
    this.probe(socket);
    this.options.connected();
  }

  /** Tells when a full queue has drained. */
  private awaitDrain(socket: WebSocket): void {
    this.options.clock.timer(DRAIN_CHECK_MS, () => {
      if (this.state.kind !== 'open' || this.state.socket !== socket) return;
      if (socket.bufferedAmount >= SEND_QUEUE_LIMIT_BYTES / 2) {
        this.awaitDrain(socket);
        return;
      }
      this.dropped = false;
      this.options.connected();
    });
  }

  /** Finds peers that are silent without having closed. */
  private probe(socket: WebSocket): void {
    const { clock } = this.options;
    this.pinger?.cancel();
    this.pinger = clock.timer(untilBeat(clock, PING_PERIOD_MS), () => {
      if (this.state.kind !== 'open' || this.state.socket !== socket) return;
      if (clock.monotonic() - this.heardAt > SILENCE_LIMIT_MS) {
        socket.terminate();
        return;
      }
      socket.ping();
      this.probe(socket);
    });
  }

  private closed(socket: WebSocket): void {
    if (this.state.kind !== 'open' && this.state.kind !== 'dialling') return;
    if (this.state.socket !== socket) return;
    if (this.state.kind === 'dialling') this.state.deadline.cancel();
    this.pinger?.cancel();
    this.retry();
    this.options.unreachable();
  }

  private retry(): void {
    if (!this.options.redials) {
      this.state = { kind: 'idle' };
      return;
    }
    const timer = this.options.clock.timer(this.redialMs, () => this.dial());
    this.state = { kind: 'waiting', timer };
    this.redialMs = Math.min(this.redialMs * 2, REDIAL_LONGEST_MS);
  }

  private trouble(what: string, level: 'info' | 'warn' = 'info'): void {
    if (what === this.lastTrouble) return;
    this.lastTrouble = what;
    this.options.logger[level]({ peer: this.options.peer, trouble: what }, 'a peer cannot be reached');
  }
}

/** Closes politely, then without asking. */
export function closeSocket(socket: WebSocket, clock: Clock, manner: 'close' | 'terminate'): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.timer(CLOSE_LIMIT_MS, () => socket.terminate());
    socket.on('close', () => {
      timer.cancel();
      resolve();
    });
    if (manner === 'close') socket.close(1001);
    else socket.terminate();
  });
}

/** The port a server listens on, or the text of its pipe. */
export function addressText(address: AddressInfo | string | null): string {
  return address === null || typeof address === 'string' ? String(address) : `${address.address}:${address.port}`;
}
