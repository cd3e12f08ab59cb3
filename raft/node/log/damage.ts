// Damage: what the disk holds is not what was acknowledged. It is told apart from a torn tail, which was never
// acknowledged and is cut in silence. A damaged log is never opened, so its node neither votes nor counts.
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
  'Do not delete single files. Check the disk, keep a copy of the folder, and either restore the whole data directory of this member ' +
  'as it was when it stopped, or replace the member by a new one with a new id; the other members still hold the data.';
