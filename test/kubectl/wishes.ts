// Which transcripts `npm run transcripts` was asked for, on their way to the process of the tests: an environment variable, as JSON.

export interface TranscriptWishes {
  /** Versions of kubectl, such as 1.30; undefined: some cases, each with one of them, in turn. */
  readonly versions: readonly string[] | undefined;
  /** Names of files without their ending; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Which server each command goes to follows from it. */
  readonly seed: number;
}

const VARIABLE = 'QUORATE_TRANSCRIPTS';
export const ALL_VERSIONS: readonly string[] = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'];

export function readTranscriptWishes(): TranscriptWishes {
  const given = JSON.parse(process.env[VARIABLE] ?? '{}') as Partial<TranscriptWishes>;
  return { versions: given.versions, only: given.only, seed: given.seed ?? 1 };
}

export function passTranscriptWishes(wishes: TranscriptWishes): void {
  process.env[VARIABLE] = JSON.stringify(wishes);
}
