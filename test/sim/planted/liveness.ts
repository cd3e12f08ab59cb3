// Planted bugs of liveness: a cluster that is safe and stands still, or a server that is well and cannot take part.
import type { PlantedSection } from './bug.ts';

export const LIVENESS: PlantedSection = {
  section: 'Liveness',
  bugs: [
    {
      name: 'no-first-entry',
      trap: 'A new leader appends nothing of its own term, and can commit nothing that it inherited.',
      file: 'raft/core/election.ts',
      find: "  appendOwn(state, 'noop', NO_DATA);\n",
      replace: '',
    },
    {
      name: 'no-check-quorum',
      trap: 'A leader that no majority hears goes on believing that it leads.',
      file: 'raft/core/core.ts',
      find: 'if (state.tick - majorityHeardAtTick(state, leading) >= state.limits.electionTimeoutMinTicks) {',
      replace: 'if (state.tick < 0) {',
    },
    {
      name: 'no-pre-vote',
      trap: "A rejoining server's higher term topples a good leader.",
      file: 'raft/core/election.ts',
      find: 'if (isAlone || state.electionElapsed >= state.electionTimeout) preCampaign(state);',
      replace: 'if (isAlone || state.electionElapsed >= state.electionTimeout) campaign(state, false);',
    },
    {
      name: 'transfer-sticks',
      trap: 'A transfer to a target that does not take over is never given up.',
      file: 'raft/core/transfer.ts',
      find: '  if (state.tick - transfer.startedAtTick >= state.limits.electionTimeoutMinTicks) endTransfer(state, leading);\n',
      replace: '',
    },
    {
      name: 'stuck-at-a-higher-term',
      trap: 'A server that came to a higher term while cut off can neither follow nor lead.',
      file: 'raft/core/core.ts',
      find: "    if (message.kind === 'appendRequest' || message.kind === 'heartbeatRequest') {\n      const { id, term }",
      replace: '    if (message.term < 0) {\n      const { id, term }',
    },
    {
      name: 'stalled-disk-keeps-leading',
      trap: 'A dead disk under live heartbeats: the leader does not hand over.',
      file: 'raft/node/stalls.ts',
      find: '    if (this.diskBusySince !== undefined && now - this.diskBusySince > DISK_STALL_LIMIT_MS) {',
      replace: '    if (this.diskBusySince !== undefined && now < 0) {',
    },
  ],
};
