// Planted bugs of the state machine: whatever makes two servers differ that have applied the same entries.
import type { PlantedSection } from './bug.ts';

export const APPLY: PlantedSection = {
  section: 'Apply',
  bugs: [
    {
      name: 'clock-decides',
      trap: 'The clock of the server decides what an entry does.',
      file: 'src/store/applied-state.ts',
      find: "if (entry.kind === 'command') this.#observe(",
      replace: "if (entry.kind === 'command' && this.#options.clock.now() % 1000 !== 0) this.#observe(",
    },
    {
      name: 'iteration-order',
      trap: 'Replicated state depends on the order in which a map was filled.',
      file: 'src/store/session.ts',
      find: '.sort((a, b) => (a.member < b.member ? -1 : 1))',
      replace: '',
    },
  ],
};
