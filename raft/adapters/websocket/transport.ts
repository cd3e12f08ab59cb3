// The transport between members: WebSockets with msgpack frames, over mutual TLS. Each member dials every peer and
// sends on the connections it dialled. A refused or closed connection is told at once, in both directions.
import { type Clock, defined, type Logger, messageOf, UserError } from '../../../src/lib/index.ts';
import type { Contacts, Message, NodeConfig, NodeId, Transport, TransportHandlers } from '../../node/index.ts';
import { KnownPeers } from '../known-peers.ts';
import { Dialler, type TransportTls } from './dialler.ts';
import { RAFT_PROTOCOL } from './greeting.ts';
import { Listener, type ListenerOptions } from './listener.ts';
import { Roster } from './roster.ts';
import { SnapshotLane } from './snapshot-lane.ts';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

export interface WebSocketTransportOptions {
  readonly config: NodeConfig;
  readonly listen: { readonly host: string; readonly port: number };
  /** undefined: plain, and peers are believed to be who they say; for loopback only. */
  readonly tls: TransportTls | undefined;
  /** The name of this member's log, which its peers remember. */
  readonly incarnation: string;
  /** The names of the logs that it took the place of after damage. */
  readonly former: readonly string[];
  /** Where this member remembers the logs of its peers. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function webSocketTransport(options: WebSocketTransportOptions): Transport {
  return new WebSocketTransport(options);
}

class WebSocketTransport implements Transport {
  private readonly options: WebSocketTransportOptions;
  private readonly diallers = new Map<NodeId, Dialler>();
  private readonly lanes = new Map<NodeId, SnapshotLane>();
  private listener: Listener | undefined;
  private roster: Roster | undefined;
  private known: KnownPeers | undefined;
  /** What both ends of a connection need to know of this member. */
  private ends: Pick<ListenerOptions, 'local' | 'recognise'> | undefined;
  private handlers: TransportHandlers | undefined;
  private stopped = false;

  constructor(options: WebSocketTransportOptions) {
    this.options = options;
  }

  /** Throws UserError when the endpoint cannot listen, or would be open to strangers. */
  async start(handlers: TransportHandlers, contacts: Contacts): Promise<void> {
    const { config, listen, tls, clock, logger, incarnation, former } = this.options;
    const { clusterId, id: self } = config;
    if (tls === undefined && !LOOPBACK.test(listen.host))
      throw new UserError(
        `the Raft endpoint would listen on ${listen.host} without TLS`,
        'Give the member a certificate, or listen on loopback.',
      );
    this.known = new KnownPeers(this.options.directory, logger);
    this.known.forget(contacts.removed);
    this.roster = new Roster(config, contacts);
    const { roster, known } = this;
    this.ends = {
      local: { clusterId, self, incarnation, former, address: config.peerAddresses[self] },
      recognise: (peer, other, lost) => known.objectionTo(peer, other, lost),
    };
    this.handlers = handlers;
    this.listener = new Listener({
      ...this.ends,
      listen,
      tls,
      clock,
      logger,
      isRemoved: (id) => roster.isRemoved(id),
      received: this.heard((message: Message) => handlers.received(message)),
      frame: (peer, frame) => {
        if (!this.stopped) handlers.frame(peer, frame);
      },
      arrived: (peer, address) => {
        roster.arrived(peer, address);
        this.follow();
        // It runs, so its endpoint answers: no reason to wait out the back-off.
        this.diallers.get(peer)?.dial();
      },
      left: this.heard((peer: NodeId) => {
        roster.left(peer);
        handlers.unreachable(peer);
        this.follow();
      }),
    });
    await this.listener.start();
    this.follow();
  }

  contacts(contacts: Contacts): void {
    if (this.stopped) return;
    this.roster?.update(contacts);
    this.known?.forget(contacts.removed);
    this.listener?.dismissRemoved();
    this.follow();
  }

  /** Dials who is wanted by now, and lets go of who is not any more. */
  private follow(): void {
    if (this.stopped || this.roster === undefined) return;
    const wanted = this.roster.wanted();
    for (const [peer, dialler] of this.diallers) if (!wanted.has(peer)) this.letGo(peer, dialler);
    for (const peer of wanted) if (!this.diallers.has(peer)) this.connect(peer);
  }

  private letGo(peer: NodeId, dialler: Dialler): void {
    const lane = this.lanes.get(peer);
    this.diallers.delete(peer);
    this.lanes.delete(peer);
    Promise.all([dialler.stop(), lane?.stop()]).catch((error: unknown) => {
      this.options.logger.debug(
        { peer, cause: messageOf(error) },
        'the connection to a former peer did not end cleanly',
      );
    });
  }

  private connect(peer: NodeId): void {
    const { tls, clock, logger } = this.options;
    const ends = defined(this.ends, 'a transport that has started');
    const handlers = defined(this.handlers, 'a transport that has started');
    const target = { ...ends, peer, address: () => this.roster?.address(peer), tls, clock, logger };
    this.lanes.set(peer, new SnapshotLane(target));
    const dialler = new Dialler({
      ...target,
      protocol: RAFT_PROTOCOL,
      redials: true,
      connected: this.heard(() => handlers.connected(peer)),
      unreachable: this.heard(() => handlers.unreachable(peer)),
      disowned: this.heard((reason: string) => handlers.disowned(peer, reason)),
      removed: this.heard(() => handlers.removed(peer)),
    });
    this.diallers.set(peer, dialler);
    dialler.dial();
  }

  /** After the stop nothing is told any more. */
  private heard<T extends readonly unknown[]>(tell: (...news: T) => void): (...news: T) => void {
    return (...news) => {
      if (!this.stopped) tell(...news);
    };
  }

  send(messages: readonly Message[]): void {
    if (this.stopped || messages.length === 0) return;
    const byPeer = new Map<NodeId, Message[]>();
    for (const message of messages) {
      const list = byPeer.get(message.to);
      if (list === undefined) byPeer.set(message.to, [message]);
      else list.push(message);
    }
    for (const [peer, list] of byPeer) this.diallers.get(peer)?.send(list);
  }

  sendFrame(peer: NodeId, frame: Uint8Array): void {
    if (!this.stopped) this.lanes.get(peer)?.send(frame);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    const dialled = [...this.diallers.values(), ...this.lanes.values()];
    await Promise.all([...dialled.map((connection) => connection.stop()), this.listener?.stop()]);
  }
}
