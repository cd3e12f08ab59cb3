// Planted bugs of reads: an answer from a leader that may be none, or for another moment than that of the question.
import type { PlantedSection } from './bug.ts';

export const READS: PlantedSection = {
  section: 'Reads',
  bugs: [
    {
      name: 'read-without-asking',
      trap: "A leader's local read without asking whether it still leads.",
      file: 'raft/core/reads.ts',
      find: 'oldest !== undefined && oldest.round <= reached;',
      replace: 'oldest !== undefined && reached >= 0;',
    },
    {
      name: 'read-before-first-commit',
      trap: 'ReadIndex before the first commit of the term.',
      file: 'raft/core/reads.ts',
      find: 'if (leading.joining.length === 0 || state.commit < leading.firstIndex) return false;',
      replace: 'if (leading.joining.length === 0) return false;',
    },
    {
      name: 'round-joined-late',
      trap: 'A read joins a round that began before it: its answer is of an earlier moment.',
      file: 'raft/core/reads.ts',
      find: '  leading.readRound += 1;\n',
      replace:
        '  const begun = leading.rounds.at(-1) as { reads: WaitingRead[] } | undefined;\n  if (begun !== undefined) {\n    begun.reads.push(...leading.joining);\n    leading.joining = [];\n    return false;\n  }\n  leading.readRound += 1;\n',
    },
    {
      name: 'index-not-waited-for',
      trap: 'The index that was learned is not the one that is waited for before the read is served.',
      file: 'src/store/read-barriers.ts',
      find: 'if (wanted > index) continue;',
      replace: 'if (wanted > index + 1) continue;',
    },
    {
      name: 'questions-reused',
      trap: 'Numbers of read questions are used again: a late answer to another process is taken for an answer to this one.',
      file: 'raft/core/state.ts',
      find: 'random.uint32() * QUESTION_RANGE + 1',
      replace: '1',
    },
  ],
};
