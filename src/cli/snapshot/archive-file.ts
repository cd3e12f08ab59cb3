// Archives as files: written beside their place, read back in full, and only then given their name; so a name stands for
// a whole archive or none.
import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf, UserError } from '../../lib/index.ts';
import { type Archive, readArchive } from '../../store/index.ts';

const FILE_MODE = 0o600;

/** It is the file that cannot be written or read here, and not what was to be written: another source changes nothing. */
export class ArchiveFileError extends UserError {}

/** Throws UserError when the file is there and `force` is not given, or its folder is not. */
export function refuseExisting(file: string, force: boolean): void {
  if (!existsSync(dirname(file)))
    throw new UserError(`there is no folder ${dirname(file)}`, 'Make it, or give another FILE.');
  if (existsSync(file) && !force) throw new UserError(`${file} exists`, 'Give another FILE, or --force to replace it.');
}

/** Writes an archive, reads it back and verifies it, durably. Throws UserError; then nothing is left of it. */
export async function writeArchiveFile(file: string, chunks: AsyncIterable<Uint8Array>): Promise<Archive> {
  const draft = `${file}.partial`;
  try {
    await rm(draft, { force: true });
    const handle = await open(draft, 'wx', FILE_MODE);
    try {
      for await (const chunk of chunks) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const archive = await readArchiveFile(draft);
    await rename(draft, file);
    await syncFolder(dirname(file));
    return archive;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {
      // The first failure is the one to tell.
    });
    throw fileError(file, error);
  }
}

/** Reads and verifies a file. Throws UserError that begins with its name. */
export async function readArchiveFile(file: string): Promise<Archive> {
  try {
    return await readArchive(createReadStream(file));
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(`${file}: ${error.message}`, error.remedy, { cause: error, exitCode: error.exitCode });
    throw fileError(file, error);
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** System errors with a remedy; others as they are. */
function fileError(file: string, error: unknown): unknown {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ArchiveFileError(
        `${file} cannot be written: the disk is full`,
        'Free some space, or give another FILE.',
        { cause: error },
      );
    case 'ENOENT':
      return new ArchiveFileError(`there is no file ${file}`, 'Give the FILE that `quorate snapshot save` wrote.', {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EISDIR':
    case 'EIO':
      return new ArchiveFileError(`${file} cannot be used: ${messageOf(error)}`, 'Give another FILE.', {
        cause: error,
      });
    default:
      return error;
  }
}
