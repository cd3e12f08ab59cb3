// `quorate snapshot verify`: reads an archive as a restore would, and says what is in it.
import { resolve } from 'node:path';
import { readArchiveFile } from './archive-file.ts';
import { printSummary, summaryOf } from './describe.ts';

/** Throws UserError that says where the archive is damaged. */
export async function verifySnapshot(file: string, output: 'text' | 'json'): Promise<void> {
  const path = resolve(file);
  printSummary('The snapshot is intact', summaryOf(path, await readArchiveFile(path)), output);
}
