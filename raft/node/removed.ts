// The end of a member that was removed: it says so, and does not come back under this id.
import { UserError } from '../../src/lib/index.ts';

/** The exit code of a process whose member was removed: whoever supervises it need not start it again. */
const REMOVED_EXIT_CODE = 71;

export class RemovedError extends UserError {
  constructor() {
    super(
      'this member was removed from the cluster',
      'Nothing is wrong. To bring this machine back, add it as a new member, with a new id and an empty data directory.',
      { exitCode: REMOVED_EXIT_CODE },
    );
  }
}
