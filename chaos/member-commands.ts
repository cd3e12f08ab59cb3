// The commands by which servers come and go, for an experiment: one that fails says which it was.
import type { MembershipCommands } from '../cluster/index.ts';
import { UserError } from '../src/lib/index.ts';

/** What an operator would have been told, with the command that told it. */
export class MemberCommandFailed extends Error {
  override readonly name = 'MemberCommandFailed';
}

/** The same commands; what they would tell an operator is thrown as MemberCommandFailed. */
export function namedCommands(commands: MembershipCommands): MembershipCommands {
  const named = async <T>(command: string, outcome: Promise<T>): Promise<T> => {
    try {
      return await outcome;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new MemberCommandFailed(`\`${command}\` failed: ${error.message}`, { cause: error });
    }
  };
  return {
    add: (learner) => named(`member add${learner ? ' --learner' : ''}`, commands.add(learner)),
    promote: (id) => named(`member promote ${id}`, commands.promote(id)),
    remove: (wish) => named(`member remove ${wish.id}`, commands.remove(wish)),
    transfer: (target) => named('leader transfer', commands.transfer(target)),
  };
}
