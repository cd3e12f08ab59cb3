// Planted bugs of snapshots: what an install leaves behind, what a crash finds half done, and what is cut too early.
import type { PlantedSection } from './bug.ts';

export const SNAPSHOTS: PlantedSection = {
  section: 'Snapshots',
  bugs: [
    {
      name: 'older-snapshot-installed',
      trap: 'A snapshot that was overtaken by the log while it was received takes the applied state back.',
      file: 'src/store/applied-state.ts',
      find: 'if (!this.#isOpen() || snapshot.index <= this.#appliedIndex) return;',
      replace: 'if (!this.#isOpen()) return;',
    },
    {
      name: 'conflicting-log-kept',
      trap: 'The log that a snapshot replaces stays on the disk, and is there again after a restart.',
      file: 'raft/node/log/log.ts',
      find: "    if (reset !== undefined) records.push({ kind: 'reset', position: reset });\n",
      replace: '',
    },
  ],
};
