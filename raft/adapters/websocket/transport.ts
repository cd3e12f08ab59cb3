// The transport between members: WebSockets with msgpack frames, over mutual TLS. Each member dials every peer and
// sends on the connections it dialled. A refused or closed connection is told at once, in both directions.
import { type Clock, type Logger, UserError } from '../../../src/lib/index.ts';
import type { Message, NodeConfig, NodeId, Transport, TransportHandlers } from '../../node/index.ts';
import { KnownPeers } from '../known-peers.ts';
import { Dialler, type TransportTls } from './dialler.ts';
import { RAFT_PROTOCOL } from './greeting.ts';
import { Listener } from './listener.ts';
import { SnapshotLane } from './snapshot-lane.ts';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

export interface WebSocketTransportOptions {
  readonly config: NodeConfig;
  readonly listen: { readonly host: string; readonly port: number };
  /** undefined: plain, and peers are believed to be who they say; for loopback only. */
  readonly tls: TransportTls | undefined;
  /** The name of this member's log, which its peers remember. */
  readonly incarnation: string;
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
  private stopped = false;

  constructor(options: WebSocketTransportOptions) {
    this.options = options;
  }

  /** Throws UserError when the endpoint cannot listen, or would be open to strangers. */
  async start(handlers: TransportHandlers): Promise<void> {
    const { config, listen, tls, clock, logger, incarnation } = this.options;
    const { clusterId, id: self, membership } = config;
    if (tls === undefined && !LOOPBACK.test(listen.host))
      throw new UserError(
        `the Raft endpoint would listen on ${listen.host} without TLS`,
        'Give the member a certificate, or listen on loopback.',
      );
    const peers = new Set([...membership.voters, ...membership.learners].filter((id) => id !== self));
    const known = new KnownPeers(this.options.directory, logger);
    const local = { clusterId, self, incarnation };
    const recognise = (peer: NodeId, other: string): string | undefined => known.objectionTo(peer, other);
    const heard = <T>(tell: (value: T) => void) => {
      return (value: T): void => {
        if (!this.stopped) tell(value);
      };
    };
    const unreachable = heard((peer: NodeId) => handlers.unreachable(peer));
    const connected = heard((peer: NodeId) => handlers.connected(peer));
    const disowned = heard((by: { peer: NodeId; reason: string }) => handlers.disowned(by.peer, by.reason));
    for (const peer of peers) {
      const target = { local, recognise, peer, address: () => config.peerAddresses[peer], tls, clock, logger };
      this.lanes.set(peer, new SnapshotLane(target));
      const dialler = new Dialler({
        ...target,
        protocol: RAFT_PROTOCOL,
        redials: true,
        connected: () => connected(peer),
        unreachable: () => unreachable(peer),
        disowned: (reason) => disowned({ peer, reason }),
      });
      this.diallers.set(peer, dialler);
    }
    this.listener = new Listener({
      local,
      recognise,
      listen,
      tls,
      clock,
      logger,
      isPeer: (id) => peers.has(id),
      received: heard((message: Message) => handlers.received(message)),
      frame: (peer, frame) => {
        if (!this.stopped) handlers.frame(peer, frame);
      },
      // It runs, so its endpoint answers: no reason to wait out the back-off.
      arrived: (peer) => this.diallers.get(peer)?.dial(),
      left: unreachable,
    });
    await this.listener.start();
    for (const dialler of this.diallers.values()) dialler.dial();
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
