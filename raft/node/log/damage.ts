// Damage: what the disk holds is not what was acknowledged. It is told apart from a torn tail, which was never
// acknowledged and is cut in silence. A damaged log is never opened: it is set aside and repaired from the peers (repair.ts),
// or, when it is not known what was promised, its member has to be replaced.
import { UserError } from '../../../src/lib/index.ts';

/** A log that lost or changed acknowledged records. Printed like any UserError: what was found where, and the remedy. */
export class DamageError extends UserError {
  /** The damaged file's name within the log folder. */
  readonly file: string;
  /** What was found there. */
  readonly found: string;

  constructor(file: string, found: string, remedy: string = REPLACE_REMEDY) {
    super(`the Raft log is damaged: ${file}: ${found}`, remedy);
    this.file = file;
    this.found = found;
  }
}

const REPLACE_REMEDY =
  'Replace this member: `quorate member remove <id>`, then `quorate member add`. What it had promised is not known any more, so it must not come ' +
  'back under its id. The other members still hold the data; check the disk, and keep the folder if somebody is to look at it.';
