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
      name: 'question-before-first-commit',
      trap: 'A question answered before the first commit of the term, because it proves the leadership.',
      file: 'raft/core/reads.ts',
      find: '  if (state.commit < leading.firstIndex) return false;\n  return reached',
      replace: '  return reached',
    },
    {
      name: 'question-grows',
      trap: 'Reads that come later join a question that was made already.',
      file: 'raft/core/reads.ts',
      find: '  const context = questions.next;\n  questions.next += 1;',
      replace: `  const [open] = questions.asked;
  if (open !== undefined) {
    const contexts = [...open[1].contexts, ...questions.joining];
    questions.asked.set(open[0], { contexts, askedAtTick: open[1].askedAtTick });
    questions.joining = [];
    return;
  }
  const context = questions.next;
  questions.next += 1;`,
    },
    {
      name: 'index-not-waited-for',
      trap: 'The index that was learned is not the one that is waited for before the read is served.',
      file: 'src/store/read-barriers.ts',
      find: 'if (wanted > index) continue;',
      replace: 'if (wanted > index + 1) continue;',
    },
  ],
};
