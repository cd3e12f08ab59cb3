// The behaviours that a conformant cluster shows, one line each: facts of the project (shared/facts/conformance.json), kept
// beside the tests that show them.
import { readFileSync } from 'node:fs';

export interface Behaviour {
  /** CB-081 */
  readonly id: string;
  /** api-machinery, apps, storage … */
  readonly area: string;
  /** Which of our issues it belongs to: core, cli, extension, workloads, node, security. */
  readonly part: string;
  readonly behaviour: string;
}

interface BehaviourFile {
  readonly behaviours: readonly Behaviour[];
}

const FILE = new URL('./behaviours.json', import.meta.url);

/** All of them, in the order of their ids. */
export function allBehaviours(): readonly Behaviour[] {
  return (JSON.parse(readFileSync(FILE, 'utf8')) as BehaviourFile).behaviours;
}

/** The id that a test's name begins with. */
export function idIn(testName: string): string | undefined {
  return /\bCB-\d{3}\b/.exec(testName)?.[0];
}
