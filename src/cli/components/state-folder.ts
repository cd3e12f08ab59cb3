// The folder of a member's state database. A damaged one is set aside and an empty one takes its place: the state is in the log,
// or a peer has it. Only the state may be treated so: nothing in it was promised to anybody.
import { join } from 'node:path';
import { FolderQuarantine, quarantineLabel } from '../../../raft/adapters/index.ts';
import { type KeyValue, openLevelKeyValue, StateDamageError } from '../../store/index.ts';
import type { Environment } from '../environment.ts';

const FOLDER = 'state';

export class StateFolder {
  readonly #directory: string;
  readonly #environment: Pick<Environment, 'clock' | 'logger'>;
  #open: KeyValue | undefined;

  constructor(directory: string, environment: Pick<Environment, 'clock' | 'logger'>) {
    this.#directory = directory;
    this.#environment = environment;
  }

  /** Opens the database, or an empty one in place of one that is too damaged to be opened. Throws UserError. */
  async open(): Promise<{ readonly keyValue: KeyValue; readonly stateDamage: string | undefined }> {
    try {
      const keyValue = await openLevelKeyValue(join(this.#directory, FOLDER));
      this.#open = keyValue;
      return { keyValue, stateDamage: undefined };
    } catch (error) {
      if (!(error instanceof StateDamageError)) throw error;
      return { keyValue: await this.setAside(error.found), stateDamage: error.found };
    }
  }

  /** The database is kept in the quarantine, and an empty one opened. Throws UserError when the quarantine admits no more. */
  async setAside(found: string): Promise<KeyValue> {
    const { clock, logger } = this.#environment;
    const quarantine = new FolderQuarantine(this.#directory, FOLDER);
    quarantine.admit();
    await this.#open?.close();
    const label = quarantineLabel(clock.now());
    quarantine.setFolderAside(label);
    logger.error({ found, quarantine: label }, 'the state database was damaged: it is set aside and rebuilt');
    const keyValue = await openLevelKeyValue(join(this.#directory, FOLDER));
    this.#open = keyValue;
    return keyValue;
  }
}
