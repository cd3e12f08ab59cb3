// Planted bugs of snapshots: what an install leaves behind, what a crash finds half done, and what is cut too early.
import type { PlantedSection } from './bug.ts';

export const SNAPSHOTS: PlantedSection = {
  section: 'Snapshots',
  bugs: [
    {
      name: 'older-snapshot-installed',
      trap: 'A snapshot that was overtaken by the log while it was received takes the applied state back.',
      file: 'src/store/replicated-store.ts',
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
    {
      name: 'log-follows-early',
      trap: 'The log and its hard state follow a snapshot before the state holds it: a crash leaves the one without the other.',
      file: 'src/store/replicated-store.ts',
      find: '    await this.#database.exchange(snapshot, loaded);\n',
      replace: '    this.#follow(snapshot);\n    await this.#database.exchange(snapshot, loaded);\n',
    },
    {
      name: 'install-not-remembered',
      trap: 'A crash after the install leaves a gap between snapshot and log, and nothing says why.',
      file: 'src/store/state/slots.ts',
      find: 'await this.#choose(active, installed);',
      replace: 'await this.#choose(active, undefined);',
    },
    {
      name: 'install-forgotten-early',
      trap: 'That the log must follow is forgotten before it has followed durably.',
      file: 'raft/node/node.ts',
      find: '    if (log.term(following.index) !== following.term && log.firstIndex() <= following.index + 1) return;\n',
      replace: '',
    },
    {
      name: 'log-cut-early',
      trap: 'The log is cut up to what is applied, not to what the state holds durably.',
      file: 'raft/node/node.ts',
      find: '      this.durableIndex = durable;\n',
      replace: '      this.durableIndex = applied;\n',
    },
    {
      name: 'delivery-not-moved',
      trap: 'After an install the entries before it are handed to the state machine as well.',
      file: 'raft/node/node.ts',
      find: '      this.delivery.skip(snapshot.index);\n',
      replace: '',
    },
    {
      name: 'outcomes-not-recalled',
      trap: 'A server that installs a snapshot over its own pending commands never learns what became of them.',
      file: 'src/store/replicated-store.ts',
      find: '    this.#recallOutcomes(machine);\n',
      replace: '',
    },
    {
      name: 'watches-left-behind',
      trap: 'Watches go on in the history of the state that a snapshot has replaced.',
      file: 'src/store/replicated-store.ts',
      find: '    this.#hub.moveTo(machine);\n',
      replace: '',
    },
    {
      name: 'second-install-at-once',
      trap: 'Two installs in quick succession: the second begins while a disk still works on the first.',
      file: 'src/store/snapshot/receiver.ts',
      find: "if (older.phase === 'working' || snapshot.leaderTerm < older.snapshot.leaderTerm) return;",
      replace: 'if (snapshot.leaderTerm < older.snapshot.leaderTerm) return;',
    },
  ],
};
