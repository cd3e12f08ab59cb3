// What goes between an experiment and its launcher.
import type { ProcessSpec } from '../../cluster/index.ts';

export interface LaunchRequest {
  readonly id: number;
  readonly spec: ProcessSpec;
  readonly detached: boolean;
  /** The file that LaunchAnswer is to be found in. */
  readonly answerFile: string;
}

export type LaunchAnswer = { readonly pid: number | undefined } | { readonly error: string };

/** What was launched with `id` has ended. */
export interface LaunchedEnded {
  readonly id: number;
  readonly reason: string;
}
