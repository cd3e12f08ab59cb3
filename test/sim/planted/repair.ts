// Planted bugs of the repair of a damaged log: who lost what it had acknowledged helps to forget it.
import type { PlantedSection } from './bug.ts';

export const REPAIR: PlantedSection = {
  section: 'Repair',
  bugs: [
    {
      name: 'repairing-member-votes',
      trap: 'A member that lost its log helps to elect a leader that lacks what it had acknowledged.',
      file: 'raft/core/election.ts',
      find: 'const mayVote = state.repair === undefined && (isFree',
      replace: 'const mayVote = (isFree',
    },
    {
      name: 'lost-acknowledgements-count',
      trap: 'What the lost log of a follower had acknowledged still counts for the new one.',
      file: 'raft/core/progress.ts',
      find: '    this.match = ORIGIN;\n    this.commitTold = ORIGIN;\n    this.readRound',
      replace: '    this.readRound',
    },
    {
      name: 'repair-ends-early',
      trap: 'A repair ends when the index is known that it has to reach, and not when it is reached.',
      file: 'raft/core/repair.ts',
      find: 'return repair?.target !== undefined && reached(state) >= repair.target;',
      replace: 'return repair?.target !== undefined;',
    },
    {
      name: 'vote-free-after-quarantine',
      trap: 'The vote that a lost log had given is given again in the same term.',
      file: 'raft/node/log/repair.ts',
      find: 'const hardState = spent(lost.hardState, written.nodeId);',
      replace: 'const hardState: HardState = { term: lost.hardState.term, votedFor: undefined };',
    },
  ],
};
