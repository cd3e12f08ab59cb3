// The Raft endpoint of a member: accepts its peers' connections, makes sure who they are, and hands on what they send.
// Nothing that a stranger does here reaches the node; nothing malformed that a peer sends does either.
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, codeOf, type Logger, messageOf, type Timer, UserError } from '../../../src/lib/index.ts';
import type { Message, NodeId } from '../../node/index.ts';
import { decodeFrame } from '../codec.ts';
import {
  CLOSE_REASON_LIMIT_BYTES,
  CONNECTION_LIMIT,
  FRAME_LIMIT_BYTES,
  GREETING_LIMIT_MS,
  UNGREETED_LIMIT,
} from '../limits.ts';
import { addressText, closeSocket, type TransportTls } from './dialler.ts';
import {
  CLOSE_DISOWNED,
  CLOSE_MALFORMED,
  CLOSE_REFUSED,
  CLOSE_REMOVED,
  decodeGreeting,
  encodeGreeting,
  type LocalMember,
  objectionTo,
  RAFT_PATH,
  RAFT_PROTOCOL,
  type Recognise,
  SNAPSHOT_PROTOCOL,
} from './greeting.ts';

const TLS_POLICY = {
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3',
  handshakeTimeout: GREETING_LIMIT_MS,
} as const;

export interface ListenerOptions {
  readonly local: LocalMember;
  readonly recognise: Recognise;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: TransportTls | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who was removed from the cluster is told so. Anybody else with a certificate of the cluster may be a member by now. */
  isRemoved(id: NodeId): boolean;
  received(message: Message): void;
  /** Arrived on a peer's connection for snapshots. */
  frame(peer: NodeId, frame: Uint8Array<ArrayBuffer>): void;
  /** A peer has dialled this member: it is there, and listens at `address` if it says so. */
  arrived(peer: NodeId, address: string | undefined): void;
  /** The connection that a peer had dialled is gone, and it has no newer one. */
  left(peer: NodeId): void;
}

export class Listener {
  private readonly options: ListenerOptions;
  private readonly server: Server;
  private readonly sockets: WebSocketServer;
  private readonly peers = new Map<NodeId, WebSocket>();
  private readonly lanes = new Map<NodeId, WebSocket>();
  private readonly ungreeted = new Map<WebSocket, Timer>();
  private stopped = false;

  constructor(options: ListenerOptions) {
    this.options = options;
    const { tls } = options;
    this.server =
      tls === undefined ? createHttpServer(refuseHttp) : createHttpsServer({ ...tls, ...TLS_POLICY }, refuseHttp);
    this.server.maxConnections = CONNECTION_LIMIT;
    this.sockets = new WebSocketServer({
      server: this.server,
      path: RAFT_PATH,
      perMessageDeflate: false,
      maxPayload: FRAME_LIMIT_BYTES,
      handleProtocols: (protocols) => [RAFT_PROTOCOL, SNAPSHOT_PROTOCOL].find((known) => protocols.has(known)) ?? false,
    });
    this.sockets.on('connection', (socket, request) => this.accept(socket, request));
    // The server's own errors arrive here too; those of listening are answered by start().
    this.sockets.on('error', (error) =>
      options.logger.debug({ cause: error.message }, 'the Raft endpoint reports an error'),
    );
  }

  /** Rejects with UserError when the address cannot be listened on. */
  start(): Promise<void> {
    const { host, port } = this.options.listen;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(listenError(error, host, port));
      this.server.once('error', failed);
      this.server.once('close', resolve);
      this.server.listen(port, host, () => {
        this.server.off('error', failed);
        if (this.stopped) this.server.close();
        this.options.logger.info({ address: addressText(this.server.address()) }, 'the Raft endpoint listens');
        resolve();
      });
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    const closing = [...this.sockets.clients].map((socket) => closeSocket(socket, this.options.clock, 'close'));
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.sockets.close();
    await Promise.all(closing);
    this.server.closeAllConnections();
    if (this.server.listening) await closed;
    for (const timer of this.ungreeted.values()) timer.cancel();
    this.ungreeted.clear();
  }

  /** Ends the connections of peers that were removed meanwhile, and says why. */
  dismissRemoved(): void {
    for (const [peer, socket] of [...this.peers, ...this.lanes])
      if (this.options.isRemoved(peer))
        socket.close(CLOSE_REMOVED, closeReason(`${peer} was removed from the cluster`));
  }

  private accept(socket: WebSocket, request: IncomingMessage): void {
    socket.on('error', (error) => this.options.logger.debug({ cause: error.message }, 'a peer connection failed'));
    if (this.stopped || this.ungreeted.size >= UNGREETED_LIMIT) {
      socket.terminate();
      return;
    }
    const timer = this.options.clock.timer(GREETING_LIMIT_MS, () => socket.terminate());
    this.ungreeted.set(socket, timer);
    socket.once('message', (data) => this.greet(socket, data instanceof Buffer ? data : Buffer.alloc(0), request));
    socket.on('close', () => this.forgetUngreeted(socket));
  }

  private forgetUngreeted(socket: WebSocket): void {
    this.ungreeted.get(socket)?.cancel();
    this.ungreeted.delete(socket);
  }

  private greet(socket: WebSocket, data: Buffer, request: IncomingMessage): void {
    this.forgetUngreeted(socket);
    const { local, recognise } = this.options;
    let peer: NodeId;
    let address: string | undefined;
    try {
      const greeting = decodeGreeting(data);
      peer = greeting.from;
      const objection = objectionTo(greeting, {
        clusterId: local.clusterId,
        from: this.nameOf(request),
        to: local.self,
      });
      if (objection !== undefined) throw new Error(objection);
      address = greeting.address;
      if (peer === local.self) throw new Error(`${peer} is the name of this very member`);
      if (this.options.isRemoved(peer)) {
        this.refuse(socket, request, CLOSE_REMOVED, `${peer} was removed from the cluster`);
        return;
      }
      const doubt = recognise(peer, greeting.incarnation, greeting.former);
      if (doubt !== undefined) {
        this.refuse(socket, request, CLOSE_DISOWNED, doubt);
        return;
      }
    } catch (error) {
      this.refuse(socket, request, CLOSE_REFUSED, messageOf(error));
      return;
    }
    if (socket.protocol === SNAPSHOT_PROTOCOL) {
      this.carrySnapshots(socket, peer);
      return;
    }
    const older = this.peers.get(peer);
    this.peers.set(peer, socket);
    older?.terminate();
    socket.on('message', (frame) => this.receive(socket, peer, frame));
    socket.on('close', () => {
      if (this.peers.get(peer) !== socket) return;
      this.peers.delete(peer);
      this.options.left(peer);
    });
    socket.send(encodeGreeting(local, peer));
    this.options.arrived(peer, address);
  }

  /** The newest connection of a peer counts. Nothing is concluded from its end. */
  private carrySnapshots(socket: WebSocket, peer: NodeId): void {
    this.lanes.get(peer)?.terminate();
    this.lanes.set(peer, socket);
    socket.on('message', (frame) => {
      // Copied: it is given away, and a received buffer may be a part of a larger one.
      if (!this.stopped && frame instanceof Buffer) this.options.frame(peer, new Uint8Array(frame));
    });
    socket.on('close', () => {
      if (this.lanes.get(peer) === socket) this.lanes.delete(peer);
    });
    socket.send(encodeGreeting(this.options.local, peer));
  }

  private refuse(socket: WebSocket, request: IncomingMessage, code: number, trouble: string): void {
    this.options.logger.warn({ remote: request.socket.remoteAddress, trouble }, 'a connection was refused');
    socket.close(code, closeReason(trouble));
  }

  /** The name in the client's certificate; without TLS the greeting is believed. */
  private nameOf(request: IncomingMessage): NodeId | undefined {
    if (this.options.tls === undefined) return undefined;
    const name = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate().subject?.CN : undefined;
    return (name ?? '') as NodeId;
  }

  private receive(socket: WebSocket, peer: NodeId, frame: WebSocket.RawData): void {
    if (this.stopped || this.peers.get(peer) !== socket) return;
    let messages: readonly Message[];
    try {
      messages = decodeFrame(frame instanceof Buffer ? frame : Buffer.alloc(0), peer, this.options.local.self);
    } catch (error) {
      this.options.logger.warn({ peer, trouble: messageOf(error) }, 'a peer sent a malformed frame');
      socket.close(CLOSE_MALFORMED);
      return;
    }
    for (const message of messages) this.options.received(message);
  }
}

function refuseHttp(
  _request: IncomingMessage,
  response: { writeHead(code: number): { end(text: string): unknown } },
): void {
  response.writeHead(426).end('this is the Raft endpoint of a quorate member\n');
}

/**
 * A close frame holds 123 bytes of reason (RFC 6455 §5.5), in UTF-8; ws throws for more, and a stranger's text may be in it.
 * Streaming, so that a character that is cut in two is left out.
 */
function closeReason(text: string): string {
  return new TextDecoder().decode(Buffer.from(text, 'utf8').subarray(0, CLOSE_REASON_LIMIT_BYTES), { stream: true });
}

function listenError(error: Error, host: string, port: number): Error {
  const where = `${host}:${port}`;
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new UserError(`the Raft port ${where} is taken`, 'Stop what listens there, or choose another --port.');
    case 'EACCES':
      return new UserError(`the Raft port ${where} may not be used`, 'Choose a port above 1023.');
    case 'EADDRNOTAVAIL':
      return new UserError(`${where} is no address of this machine`, 'Correct the listen address.');
    default:
      return new UserError(
        `the Raft endpoint cannot listen on ${where}: ${error.message}`,
        'Check the listen address.',
      );
  }
}
