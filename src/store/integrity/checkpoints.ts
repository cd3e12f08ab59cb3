// Checkpoints: entries of the log at which every server has hashed its state, and what the servers have told of it. All
// servers see the same claims in the same order, for claims are entries too; each judges by them whether it still holds
// what the others hold.
import { type Membership, type NodeId, voteResult } from '../../../raft/core/index.ts';
import { CHECKPOINTS_KEPT } from '../limits.ts';
import type { Checkpoint } from '../port.ts';

/** What a claim has brought out about the checkpoint that it is for. */
export type Verdict =
  /** A majority holds what this server holds; `differing` are members that do not. */
  | { readonly kind: 'agreed'; readonly checkpoint: Checkpoint; readonly differing: readonly string[] }
  /** A majority holds `theirs`, and this server does not. */
  | { readonly kind: 'diverged'; readonly checkpoint: Checkpoint; readonly theirs: string }
  /** The claims differ so much that there is no majority for any hash, nor can be. */
  | { readonly kind: 'divided'; readonly checkpoint: Checkpoint; readonly claims: ReadonlyMap<string, string> };

interface Kept {
  checkpoint: Checkpoint;
  readonly claims: Map<string, string>;
  isDivided: boolean;
}

export class Checkpoints {
  /** Oldest first. */
  readonly #kept: Kept[] = [];

  list(): readonly Checkpoint[] {
    return this.#kept.map(({ checkpoint }) => checkpoint);
  }

  newest(): Checkpoint | undefined {
    return this.#kept.at(-1)?.checkpoint;
  }

  /** This server holds `hash` at entry `index`, which is newer than all before. */
  taken(index: number, hash: string): void {
    this.#kept.push({ checkpoint: { index, hash, agreed: false }, claims: new Map(), isDivided: false });
    if (this.#kept.length > CHECKPOINTS_KEPT) this.#kept.shift();
  }

  /**
   * `member` claims to hold `hash` at `index`. Undefined: nothing new follows from it, or this server does not know its
   * own state there. Only voters make a majority, and while the membership is joint it takes one of those before, too; but
   * everybody is judged by it.
   */
  claimed(member: string, index: number, hash: string, membership: Membership): Verdict | undefined {
    const kept = this.#kept.find(({ checkpoint }) => checkpoint.index === index);
    if (kept === undefined) return undefined;
    kept.claims.set(member, hash);
    const held = heldByMajority(kept.claims, membership);
    if (held === 'open') return undefined;
    if (held === 'none') {
      if (kept.isDivided) return undefined;
      kept.isDivided = true;
      return { kind: 'divided', checkpoint: kept.checkpoint, claims: kept.claims };
    }
    if (held.hash !== kept.checkpoint.hash) {
      return { kind: 'diverged', checkpoint: kept.checkpoint, theirs: held.hash };
    }
    const isNews = !kept.checkpoint.agreed;
    kept.checkpoint = { ...kept.checkpoint, agreed: true };
    const differing = [...kept.claims].filter(([name, claim]) => claim !== held.hash && (isNews || name === member));
    if (!isNews && differing.length === 0) return undefined;
    return { kind: 'agreed', checkpoint: kept.checkpoint, differing: differing.map(([name]) => name) };
  }
}

/** The hash that a quorum claims; `none` when no further claim can make one. */
function heldByMajority(
  claims: ReadonlyMap<string, string>,
  membership: Membership,
): { readonly hash: string } | 'open' | 'none' {
  // A server that is only joining does not know the voters yet.
  if (membership.voters.length === 0) return 'open';
  const claimed = [...claims];
  const resultOf = (hash: string | undefined): ReturnType<typeof voteResult> =>
    voteResult(membership, new Map(claimed.map(([member, claim]) => [member as NodeId, claim === hash])));
  const hashes = new Set(claims.values());
  for (const hash of hashes) if (resultOf(hash) === 'won') return { hash };
  // Undefined stands for a hash that nobody has claimed yet.
  return [...hashes, undefined].some((hash) => resultOf(hash) === 'open') ? 'open' : 'none';
}
