// Planted bugs of what clients are promised: exactly once, the truth about what is unknown, and watches without gaps.
import type { PlantedSection } from './bug.ts';

export const CLIENTS: PlantedSection = {
  section: 'Clients',
  bugs: [
    {
      name: 'duplicate-applied',
      trap: 'A command that is sent again is applied again.',
      file: 'src/store/session.ts',
      find: "if (sequence <= session.applied) return 'duplicate';",
      replace:
        "if (sequence < session.applied) return 'duplicate';\n    if (sequence === session.applied) return 'next';",
    },
    {
      name: 'gap-applied',
      trap: 'A command is applied although one before it was lost.',
      file: 'src/store/session.ts',
      find: "return sequence === session.applied + 1 ? 'next' : 'gap';",
      replace: "return 'next';",
    },
    {
      name: 'session-not-stored',
      trap: 'The table of sessions does not survive a restart.',
      file: 'src/store/state/state-database.ts',
      find: '    this.#sessions.set(session.member, session);\n',
      replace: '',
    },
    {
      name: 'unknown-called-failed',
      trap: 'Answering "not applied" when the truth is "unknown".',
      file: 'src/store/pending-commits.ts',
      find: '    if (entry.sentInPass !== -1) {\n      caller.reject(',
      replace: '    if (entry.sentInPass > 1_000_000) {\n      caller.reject(',
    },
    {
      name: 'watch-gap',
      trap: 'A watch loses the changes of a turn.',
      file: 'src/store/applied-state.ts',
      find: '      this.#hub.publish(changes);',
      replace: '      if (changes.length !== 2) this.#hub.publish(changes);',
    },
    {
      name: 'watch-repeats',
      trap: 'A watch that catches up is given a change twice.',
      file: 'src/store/watch-hub.ts',
      find: '    let upTo = watcher.replayed;\n',
      replace: '    let upTo = Math.max(0, watcher.replayed - 1) as Revision;\n',
    },
  ],
};
