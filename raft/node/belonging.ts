// Whom a node belongs to when it starts: what its state knows, else what its configuration says of the founders. A member that
// is to join knows nobody, and one that is neither founder nor joining does not start.
import { UserError } from '../../src/lib/index.ts';
import { type LogView, type Membership, NO_MEMBERS } from '../core/index.ts';
import type { NodeConfig } from './ports.ts';

interface Beginning {
  readonly config: NodeConfig;
  /** As of the applied index, when the state machine knows it. */
  readonly membership?: Membership | undefined;
  readonly log: LogView;
}

/** The membership below everything that the log says. */
export function initialMembership({ membership, config }: Beginning): Membership {
  return membership ?? (config.join === true ? NO_MEMBERS : config.membership);
}

/** An empty log under an id that founded nothing belongs to a member that is yet to be added. Throws UserError. */
export function checkBelongs({ config, membership, log }: Beginning): void {
  const { voters, learners } = config.membership;
  const isFounder = voters.includes(config.id) || learners.includes(config.id);
  if (isFounder || config.join === true || membership !== undefined || log.memberships().length > 0) return;
  throw new UserError(
    `member ${config.id} is not one of the founding members ${voters.join(', ')}`,
    'Start it to join, and add it to the cluster.',
  );
}
