// Whom a member is connected to, and where they are. Members come and go while it runs; this says who is wanted now, who
// is not let in, and at which address a peer is tried: as configured, else as it said itself when it was authenticated, else
// as its membership entry says (house.md, decision 10).
import type { Contacts, NodeConfig, NodeId } from '../../node/index.ts';

export class Roster {
  private readonly config: NodeConfig;
  private contacts: Contacts;
  /** Peers that dialled this member and are not among its contacts: it may be the one whose log lags. */
  private readonly guests = new Set<NodeId>();
  /** What peers said of themselves. */
  private readonly greeted = new Map<NodeId, string>();

  constructor(config: NodeConfig, contacts: Contacts) {
    this.config = config;
    this.contacts = contacts;
  }

  /** Everybody to be dialled. Configured peers are, also while the log knows nobody yet. */
  wanted(): ReadonlySet<NodeId> {
    const configured = Object.keys(this.config.peerAddresses) as NodeId[];
    const known = [...configured, ...this.guests].filter((peer) => !this.contacts.removed.includes(peer));
    const all = new Set([...this.contacts.peers, ...known]);
    all.delete(this.config.id);
    return all;
  }

  /** Removed for good; while a leader tells it so it is still a contact. */
  isRemoved(peer: NodeId): boolean {
    return this.contacts.removed.includes(peer) && !this.contacts.peers.includes(peer);
  }

  address(peer: NodeId): string | undefined {
    return this.config.peerAddresses[peer] ?? this.greeted.get(peer) ?? this.contacts.addresses[peer];
  }

  update(contacts: Contacts): void {
    this.contacts = contacts;
  }

  arrived(peer: NodeId, address: string | undefined): void {
    if (address !== undefined) this.greeted.set(peer, address);
    if (!this.contacts.peers.includes(peer)) this.guests.add(peer);
  }

  left(peer: NodeId): void {
    this.guests.delete(peer);
  }
}
