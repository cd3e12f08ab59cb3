// Who leads, and since when what was said to the leader may be lost: the epoch, by which owners know when to re-send.
import type { SoftState } from '../core/index.ts';
import type { Leadership } from './ports.ts';

/**
 * Invariant: while a leader is known, the epoch has risen since the last moment at which a proposal or question to it
 * may have been lost. Without a leader it stands still: re-sending would be in vain.
 */
export class LeadershipTracker {
  private current: Leadership;

  constructor(soft: SoftState) {
    this.current = { role: soft.role, term: soft.term, leader: soft.leader, epoch: 0 };
  }

  get value(): Leadership {
    return this.current;
  }

  /** The core's view changed. A leader that is found again counts as new: its connection may have been lost. */
  changed(soft: SoftState): Leadership {
    const { role, term, leader } = soft;
    const found = leader !== undefined && (leader !== this.current.leader || term !== this.current.term);
    this.current = { role, term, leader, epoch: this.current.epoch + (found ? 1 : 0) };
    return this.current;
  }

  /** Something said to the leader may be lost. Returns undefined when there is none to say it to again. */
  lost(): Leadership | undefined {
    if (this.current.leader === undefined) return undefined;
    this.current = { ...this.current, epoch: this.current.epoch + 1 };
    return this.current;
  }
}
