// All planted bugs, by section of the traps. A section of the traps that is built later adds its module here.
import { APPLY } from './apply.ts';
import type { PlantedBug, PlantedSection } from './bug.ts';
import { CLIENTS } from './clients.ts';
import { DURABILITY } from './durability.ts';
import { ELECTION } from './election.ts';
import { LIVENESS } from './liveness.ts';
import { MEMBERSHIP } from './membership.ts';
import { READS } from './reads.ts';
import { REPAIR } from './repair.ts';
import { REPLICATION } from './replication.ts';
import { SNAPSHOTS } from './snapshots.ts';

export const SECTIONS: readonly PlantedSection[] = [
  ELECTION,
  REPLICATION,
  SNAPSHOTS,
  MEMBERSHIP,
  READS,
  DURABILITY,
  REPAIR,
  CLIENTS,
  APPLY,
  LIVENESS,
];

/** A bug with the section it belongs to. */
export interface TableRow extends PlantedBug {
  readonly section: string;
}

export const PLANTED: readonly TableRow[] = SECTIONS.flatMap(({ section, bugs }) =>
  bugs.map((bug) => ({ ...bug, section })),
);
