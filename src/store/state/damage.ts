// Damage of the state database: what it gives back is not what was written. A damaged database is never served from.
import { UserError } from '../../lib/index.ts';

/** The state database lost or changed records. */
export class StateDamageError extends UserError {
  readonly found: string;

  constructor(found: string) {
    super(
      `the state database is damaged: ${found}`,
      'Check the disk and keep a copy of the data directory. The other members hold the data: replace this member by a new one with a new id.',
    );
    this.found = found;
  }
}

/** The state database was written by software that is newer than this. */
export class StateVersionError extends UserError {
  constructor(found: string) {
    super(
      `the state database was written by a newer version: ${found}`,
      'Start the version that wrote it, or a newer one.',
    );
  }
}
