// Planted bugs of elections: votes given twice, counted wrongly, or told before they are on the disk.
import type { PlantedSection } from './bug.ts';

export const ELECTION: PlantedSection = {
  section: 'Election',
  bugs: [
    {
      name: 'votes-twice',
      trap: 'A vote for one candidate does not keep a server from voting for another one in the same term.',
      file: 'raft/core/election.ts',
      find: '(isFree || state.votedFor === request.from)',
      replace: 'request.term > 0',
    },
    {
      name: 'vote-forgotten',
      trap: 'Stepping down in the same term clears votedFor.',
      file: 'raft/core/role.ts',
      find: "  state.role = 'follower';",
      replace: "  state.votedFor = undefined;\n  state.role = 'follower';",
    },
    {
      name: 'log-not-compared',
      trap: 'Voters elect a candidate whose log lacks committed entries.',
      file: 'raft/core/election.ts',
      find: '  return candidate.term > own.term || (candidate.term === own.term && candidate.index >= own.index);',
      replace: '  return candidate.index >= 0 || own.index >= 0;',
    },
    {
      name: 'half-is-a-majority',
      trap: 'Half of an odd number, rounded down, passes for a majority.',
      file: 'raft/core/quorum.ts',
      find: 'return Math.floor(voters / 2) + 1;',
      replace: 'return Math.max(1, Math.floor(voters / 2));',
    },
    {
      name: 'vote-before-durable',
      trap: 'A term or a vote is told before it is on the disk.',
      file: 'raft/core/state.ts',
      find: '  if (!hardStateIsDurable(state)) return false;\n  if (message.kind',
      replace: '  if (message.kind',
    },
    {
      name: 'promise-of-a-former-term',
      trap: 'Promises of an older term that wait for the disk leave after the term has changed.',
      file: 'raft/core/role.ts',
      find: '    state.outbox.voidBefore(term);\n',
      replace: '',
    },
  ],
};
