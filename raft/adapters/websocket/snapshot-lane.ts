// The connection over which a member sends its part of a snapshot's transfer to one peer: dialled when there is something
// to send, and apart from the messages, so that no heartbeat waits behind a chunk.
import { Dialler, type DiallerOptions } from './dialler.ts';
import { SNAPSHOT_PROTOCOL } from './greeting.ts';

export type LaneOptions = Omit<
  DiallerOptions,
  'protocol' | 'redials' | 'connected' | 'unreachable' | 'disowned' | 'removed'
>;

export class SnapshotLane {
  private readonly dialler: Dialler;
  /** The newest frame that waits for the connection. Older ones are lost: the receiver asks again. */
  private held: Uint8Array | undefined;

  constructor(options: LaneOptions) {
    this.dialler = new Dialler({
      ...options,
      protocol: SNAPSHOT_PROTOCOL,
      redials: false,
      connected: () => {
        if (this.held !== undefined) this.dialler.sendFrame(this.held);
        this.held = undefined;
      },
      // Whether the peer is there, and lets this member in, is learnt from the connection for messages.
      unreachable: () => {},
      disowned: () => {},
      removed: () => {},
    });
  }

  send(frame: Uint8Array): void {
    if (this.dialler.isOpen) this.dialler.sendFrame(frame);
    else {
      this.held = frame;
      this.dialler.dial();
    }
  }

  stop(): Promise<void> {
    return this.dialler.stop();
  }
}
