// Planted bugs of durability: what is promised before it is on the disk, and what is there and not believed.
import type { PlantedSection } from './bug.ts';

export const DURABILITY: PlantedSection = {
  section: 'Durability',
  bugs: [
    {
      name: 'no-fsync',
      trap: 'Acknowledging before fsync: segments are written and never made durable.',
      file: 'raft/node/log/log.ts',
      find: "      steps.push({ kind: 'sync', file: segmentFile(segment) });\n",
      replace: '',
    },
    {
      name: 'sent-before-written',
      trap: 'The driver sends what must wait for the disk when it gives the batch to the disk.',
      file: 'raft/node/node.ts',
      find: '    const job = log.prepare(batch);\n',
      replace: '    transport.send(batch.sendAfterPersist);\n    const job = log.prepare(batch);\n',
    },
    {
      name: 'truncation-not-written',
      trap: 'Entries are cut off in memory and not on the disk.',
      file: 'raft/node/log/log.ts',
      find: 'if (truncateFrom !== undefined) records.push(',
      replace: 'if (truncateFrom === -1) records.push(',
    },
    {
      name: 'failed-fsync-ignored',
      trap: 'A failed fsync is taken for a success, or tried again.',
      file: 'raft/node/node.ts',
      find: '      if (error !== undefined) {\n        this.writeFailed(`the Raft log cannot be written',
      replace: '      if (error === null) {\n        this.writeFailed(`the Raft log cannot be written',
    },
    {
      name: 'damage-cut-off',
      trap: 'Torn tail confused with corruption: a log shorter than its marker promises is cut and used.',
      file: 'raft/node/log/open.ts',
      find: "    if (isLast && this.sequence < this.marker.recordSequence) throw this.damage(name, end, end.found ?? 'the log ends');\n",
      replace: '',
    },
    {
      name: 'checksums-not-compared',
      trap: 'A record of the log is believed whatever its checksum says.',
      file: 'raft/node/log/record.ts',
      find: "  if (crc32(bytes.subarray(offset + 4, end)) !== checksum) return bad('a record with a wrong checksum');\n",
      replace: '',
    },
    {
      name: 'lost-log-begun-anew',
      trap: 'A member that lost its log makes a new one under its old id.',
      file: 'raft/node/log/open.ts',
      find: '  if (options.mustExist === true) {',
      replace: '  if (options.mustExist === undefined) {',
    },
    {
      name: 'applied-index-behind',
      trap: 'The applied index is not atomic with the state: entries are applied again after a restart.',
      file: 'src/store/state/state-database.ts',
      find: 'appliedIndex: index,',
      replace: 'appliedIndex: Math.max(0, index - 1),',
    },
    {
      name: 'state-ahead-of-its-batch',
      trap: 'A batch of the state database says that it holds more of the log than it does.',
      file: 'src/store/state/state-database.ts',
      find: 'appliedIndex: index,',
      replace: 'appliedIndex: index + 1,',
    },
  ],
};
