// Planted bugs of replication: what is committed, what is acknowledged, what is cut off, and what is never sent again.
import type { PlantedSection } from './bug.ts';

export const REPLICATION: PlantedSection = {
  section: 'Replication',
  bugs: [
    {
      name: 'older-term-counted',
      trap: "An older term's entry is committed by counting its copies (figure 8 of the Raft paper).",
      file: 'raft/core/counting.ts',
      find: 'if (reached <= state.commit || state.log.term(reached) !== state.term) return;',
      replace: 'if (reached <= state.commit) return;',
    },
    {
      name: 'leader-counts-early',
      trap: 'The leader counts its own copy before it is on its disk.',
      file: 'raft/core/counting.ts',
      find: 'state.log.durableIndex(), (peer) => peer.match',
      replace: 'state.log.lastIndex(), (peer) => peer.match',
    },
    {
      name: 'acknowledged-early',
      trap: 'A follower acknowledges entries that are not on its disk.',
      file: 'raft/core/state.ts',
      find: 'return message.result.match <= state.log.durableIndex();',
      replace: 'return message.result.match <= state.log.lastIndex();',
    },
    {
      name: 'append-always-cuts',
      trap: 'A late append cuts off what a later one has brought.',
      file: 'raft/core/following.ts',
      find: 'entries.findIndex((entry) => !state.log.matches(entry))',
      replace: '(entries.length > 0 ? 0 : -1)',
    },
    {
      name: 'heartbeat-commits-unknown',
      trap: 'A heartbeat tells a follower to commit entries that it is not known to hold.',
      file: 'raft/core/replication.ts',
      find: '  const commit = smaller(peer.match, state.commit);\n  peer.commitTold',
      replace: '  const commit = state.commit;\n  peer.commitTold',
    },
    {
      name: 'append-commits-unknown',
      trap: 'A follower commits what the leader has committed, beyond what the message has proved to be equal.',
      file: 'raft/core/following.ts',
      find: 'commitTo(state, smaller(message.commit, match));',
      replace: 'commitTo(state, message.commit);',
    },
    {
      name: 'aba',
      trap: 'An acknowledgement for an older incarnation of the log: entries written, cut, and replicated again.',
      file: 'raft/core/log-tail.ts',
      find: 'if (this.#writtenUpTo !== undefined) this.#writtenUpTo = smaller(this.#writtenUpTo, plus(first.index, -1));',
      replace: '',
    },
    {
      name: 'probe-never-repeated',
      trap: 'A pipeline stays wedged while heartbeats flow: a probe that was lost is not sent again.',
      file: 'raft/core/replication.ts',
      find: '  peer.paused = false;\n  sendAppend(state, leading, peer);\n',
      replace: '',
    },
    {
      name: 'previous-not-compared',
      trap: 'A follower appends without holding the entry before.',
      file: 'raft/core/following.ts',
      find: 'if (committed === 0 && !state.log.matches(previous)) {',
      replace: 'if (previous.index > state.log.lastIndex()) {',
    },
  ],
};
