// Where damaged files of a member go: `quarantine/<time>` in its data directory, for whoever wants to find out what happened to
// them. Nothing here removes them. A disk that damages files again and again is not repaired for ever: beyond a number of
// quarantines the member stops and says so, which also bounds what they take to that many logs and states.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/lib/index.ts';
import type { Quarantine } from '../node/index.ts';
import { QUARANTINE_LIMIT } from './limits.ts';
import { nodeDisk } from './node-disk.ts';

/** A label that sorts by time and may name a folder. */
export function quarantineLabel(wallMs: number): string {
  return new Date(wallMs).toISOString().replaceAll(':', '-');
}

export class FolderQuarantine implements Quarantine {
  private readonly directory: string;
  private readonly part: string;

  /** For the folder `part` of the data directory `directory`. */
  constructor(directory: string, part: string) {
    this.directory = directory;
    this.part = part;
  }

  admit(): void {
    const folder = join(this.directory, 'quarantine');
    const kept = existsSync(folder) ? nodeDisk(folder).list().length : 0;
    if (kept < QUARANTINE_LIMIT) return;
    throw new UserError(
      `files of this member were damaged ${kept} times: ${folder} holds what was set aside`,
      'Check the disk, or move the data directory to another one. Then remove the folders of the quarantine, and start again.',
    );
  }

  setAside(name: string, label: string): void {
    const source = join(this.directory, this.part, name);
    const target = join(this.directory, 'quarantine', label, this.part);
    const quarantine = nodeDisk(target);
    if (existsSync(join(target, name))) rmSync(source, { recursive: true });
    else renameSync(source, join(target, name));
    quarantine.syncDirectory();
    nodeDisk(join(this.directory, this.part)).syncDirectory();
  }

  /** The whole folder, for what is not kept file by file. */
  setFolderAside(label: string): void {
    const target = join(this.directory, 'quarantine', label);
    const quarantine = nodeDisk(target);
    if (!existsSync(join(this.directory, this.part))) return;
    renameSync(join(this.directory, this.part), join(target, this.part));
    quarantine.syncDirectory();
    nodeDisk(this.directory).syncDirectory();
  }
}
