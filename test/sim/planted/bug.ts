// What a planted bug is: a mistake that other implementations shipped (the traps of raft-and-storage.md), written as one
// textual change of one production file. It is never in the tree: it is applied while a copy of it is bundled.

/** A mistake, and where it would be made. */
export interface PlantedBug {
  readonly name: string;
  /** The trap it stands for, in words. */
  readonly trap: string;
  /** Path from the root of the repository. */
  readonly file: string;
  /** Invariant: occurs exactly once in the file; otherwise the command fails, so that no bug can rot. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedSection {
  /** The section's name in the design's list of traps. */
  readonly section: string;
  readonly bugs: readonly PlantedBug[];
}
