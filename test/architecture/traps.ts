// The traps: bugs that other implementations of consensus and storage shipped, and what shows that we did not. Evidence is
// a transcript of the core, a test by its title, or a planted bug that the simulator must catch; traps.test.ts fails when
// a piece of it is gone.

export type Evidence =
  | { readonly kind: 'transcript'; readonly file: string }
  | { readonly kind: 'test'; readonly file: string; readonly title: string }
  | { readonly kind: 'planted'; readonly name: string };

export interface Trap {
  readonly trap: string;
  readonly evidence: readonly Evidence[];
}

export interface TrapSection {
  readonly section: string;
  readonly traps: readonly Trap[];
}

const story = (name: string): Evidence => ({ kind: 'transcript', file: `${name}.txt` });
const test = (file: string, title: string): Evidence => ({ kind: 'test', file: `${file}.test.ts`, title });
const planted = (name: string): Evidence => ({ kind: 'planted', name });

const LOG = 'raft/node/log';
const NODE = 'raft/node/node';
const STORE = 'store/replicated-store';

const ELECTION: TrapSection = {
  section: 'Election',
  traps: [
    {
      trap: "a rejoining node's higher term topples a good leader",
      evidence: [story('election-rejoin'), story('election-stickiness'), planted('no-pre-vote')],
    },
    { trap: 'a removed server disrupts', evidence: [story('membership-removed-disrupts'), story('membership-remove')] },
    {
      trap: 'a pre-vote that never adopts a higher term blocks election',
      evidence: [
        story('election-prevote-adopts-term'),
        story('election-stuck-term'),
        planted('stuck-at-a-higher-term'),
      ],
    },
    {
      trap: 'partial connectivity with no stable leader',
      evidence: [story('election-check-quorum'), story('election-stickiness'), planted('no-check-quorum')],
    },
    {
      trap: 'stepping down in the same term clears votedFor',
      evidence: [story('election-vote-once'), planted('votes-twice'), planted('vote-forgotten')],
    },
    {
      trap: 'stale-term votes counted',
      evidence: [story('election-stale-votes'), planted('promise-of-a-former-term')],
    },
    {
      trap: 'term or vote sent before it is durable',
      evidence: [story('election-vote-durable'), planted('vote-before-durable')],
    },
    {
      trap: 'a wiped node that returns under its old identity loses commits',
      evidence: [
        test(LOG, 'is not given to an empty folder when the member is known to have had a log'),
        test('raft/adapters/consensus', 'is not let in under its old id'),
        story('repair-votes'),
        planted('lost-log-begun-anew'),
      ],
    },
    {
      trap: 'a leader-transfer flag that sticks',
      evidence: [story('transfer-does-not-stick')],
    },
  ],
};

const REPLICATION: TrapSection = {
  section: 'Replication',
  traps: [
    {
      trap: "committing an older term's entry by counting",
      evidence: [story('replication-older-term'), planted('older-term-counted')],
    },
    {
      trap: 'truncating below the applied index',
      evidence: [
        test('raft/core/following', 'never cuts off what is committed, whatever an append claims'),
        story('replication-old-append'),
        planted('append-always-cuts'),
      ],
    },
    {
      trap: 'an append acknowledged for an older incarnation of the log (ABA across terms)',
      evidence: [
        test('raft/core/log-tail', 'does not take an outstanding write for a later copy of the same entry'),
        test('raft/adapters/transport', 'hears no more of a lost log, once the one that took its place has greeted'),
        story('repair-late-answers'),
        planted('aba'),
      ],
    },
    {
      trap: 'match index that goes back',
      evidence: [
        story('replication-late-answers'),
        test('raft/core/progress', 'never goes back, never claims what the follower does not hold'),
      ],
    },
    {
      trap: 'a pipeline wedged while heartbeats flow',
      evidence: [story('replication-wedge'), story('replication-reads-meanwhile')],
    },
    {
      trap: 'a caught-up follower left probing',
      evidence: [
        story('replication-probe-ends'),
        test('raft/core/progress', 'reaches the end of the log from any state once messages arrive again'),
        planted('probe-never-repeated'),
      ],
    },
    {
      trap: 'a throttled follower stranded by compaction',
      evidence: [
        story('snapshot-laggard'),
        test('raft/node/log-compaction', 'keeps that, up to a limit of its own'),
        test('store/raft-store', 'bring a member that was away for longer than their logs reach back by a snapshot'),
      ],
    },
    {
      trap: 'limits on messages but not on bytes in flight, uncommitted and being applied',
      evidence: [
        story('replication-limits'),
        story('proposals-backlog-forwarded'),
        story('proposals-held-limit'),
        test(NODE, 'is given no more than the backlog, and later everything, once and in order'),
        test(NODE, 'are refused, which the epoch tells their owner, and the others are in order'),
        test('store/back-pressure', 'are refused beyond a limit in bytes, as not sent'),
        test('store/back-pressure', 'are sent within a window, which moves on as outcomes come'),
        test('store/back-pressure', 'stops the sending beyond its limit, says so, and goes on'),
        test('raft/adapters/transport', 'drops what a peer does not read beyond its queue'),
      ],
    },
    { trap: 'a forwarded proposal that loops', evidence: [story('proposals-forwarded')] },
  ],
};

const SNAPSHOTS: TrapSection = {
  section: 'Snapshots',
  traps: [
    {
      trap: 'an older snapshot that regresses applied state',
      evidence: [story('snapshot-older'), planted('older-snapshot-installed')],
    },
    {
      trap: 'a conflicting log left behind after an install',
      evidence: [story('snapshot-conflict'), planted('conflicting-log-kept')],
    },
    { trap: 'stale or missing membership in the snapshot', evidence: [story('membership-snapshot')] },
    {
      trap: 'hard state saved before the snapshot it belongs to',
      evidence: [story('snapshot-conflict'), story('snapshot-older-leader')],
    },
    { trap: 'a gap between snapshot and log', evidence: [story('snapshot-gap'), story('snapshot-matching')] },
    { trap: 'two installs in quick succession', evidence: [story('snapshot-twice')] },
    {
      trap: 'the whole blob in memory',
      evidence: [
        test('store/raft-store', 'bring a member that was away for longer than their logs reach back by a snapshot'),
      ],
    },
  ],
};

const MEMBERSHIP: TrapSection = {
  section: 'Membership',
  traps: [
    {
      trap: 'a change before the leader has committed in its own term',
      evidence: [story('membership-leader-is-new')],
    },
    { trap: 'concurrent changes', evidence: [story('membership-concurrent'), story('membership-refused')] },
    {
      trap: 'two nodes of which one is removed',
      evidence: [story('membership-two'), story('membership-two-leader')],
    },
    { trap: 'a promoted learner that does not know it votes', evidence: [story('membership-promoted-unaware')] },
    {
      trap: 'change plus partition',
      evidence: [story('membership-rollback'), story('membership-joint'), story('membership-finished-by-another')],
    },
    { trap: 'validation against a lagging configuration', evidence: [story('membership-voter-lags')] },
    {
      trap: 'rollback of an uncommitted configuration',
      evidence: [story('membership-rollback'), story('membership-rollback-restart')],
    },
  ],
};

const READS: TrapSection = {
  section: 'Reads',
  traps: [
    {
      trap: "a leader's local read without asking",
      evidence: [story('reads-leader'), planted('read-without-asking')],
    },
    {
      trap: 'ReadIndex before the first commit of the term',
      evidence: [story('reads-first-commit'), planted('read-before-first-commit')],
    },
    { trap: 'reused request ids', evidence: [story('reads-restart'), story('reads-repeated')] },
    { trap: 'late acknowledgements across a leader change', evidence: [story('reads-leader-lost')] },
    {
      // No read rests on a lease: each is confirmed by a majority, so a pause in between only makes it late.
      trap: 'a lease checked, then the process paused',
      evidence: [
        story('reads-leader'),
        test('client/leader', 'stops a leader that cannot renew before another may lead'),
        test('apiserver/fences', 'that decided before it lost the lease is refused when its command arrives'),
      ],
    },
    {
      trap: 'checking one index and returning another',
      evidence: [
        test('store/replicated-store', 'answers no read barrier before what it asks for is applied'),
        planted('index-not-waited-for'),
      ],
    },
  ],
};

const DURABILITY: TrapSection = {
  section: 'Durability',
  traps: [
    {
      trap: 'acknowledging before fsync',
      evidence: [story('durability-append'), planted('no-fsync'), planted('sent-before-written')],
    },
    {
      trap: 'applied index not atomic with the state',
      evidence: [
        test(STORE, 'never writes what it applied before an entry of the same delivery failed'),
        planted('applied-index-behind'),
        planted('state-ahead-of-its-batch'),
      ],
    },
    {
      trap: 'torn tail confused with corruption',
      evidence: [
        test(LOG, 'after a crash holds everything acknowledged, and of the batch under way a beginning or nothing'),
        test(LOG, 'whose last acknowledged record is lost is refused'),
        planted('damage-cut-off'),
      ],
    },
    {
      trap: 'retrying a failed fsync',
      evidence: [
        test(
          'raft/node/failing-disk',
          'is told of by whoever met it, whichever call it is, and is not written any more',
        ),
        test(NODE, 'that fails stops the member'),
        test(NODE, 'that fails while the member stops is told all the same'),
        test(STORE, 'does not call a stop clean whose last write failed'),
        planted('failed-fsync-ignored'),
      ],
    },
    {
      trap: 'truncating on corruption',
      evidence: [test(LOG, 'with any bit flipped is refused, or holds all it held'), planted('damage-cut-off')],
    },
  ],
};

const CLIENTS: TrapSection = {
  section: 'Clients',
  traps: [
    {
      trap: 'retrying an unknown outcome that is not idempotent',
      evidence: [
        test('store/at-most-once', 'apply everything acknowledged exactly once and agree in the end'),
        test('store/session-model', 'does what a naive one does'),
        planted('duplicate-applied'),
        planted('gap-applied'),
      ],
    },
    {
      trap: 'answering "failed" when the truth is "unknown"',
      evidence: [
        test(STORE, 'tells an unknown outcome when its caller gives up later'),
        planted('unknown-called-failed'),
      ],
    },
    {
      trap: 'no ids',
      evidence: [
        test('store/session', 'applies its commands strictly in sequence, once'),
        planted('session-not-stored'),
      ],
    },
  ],
};

const APPLY: TrapSection = {
  section: 'Apply',
  traps: [
    {
      trap: 'clock, randomness, iteration order or version-dependent defaults in the state machine',
      evidence: [
        test('store/integrity/comparison', 'that differ stop %s, whose database is refused from then on'),
        test('store/integrity/comparison', 'work together, and compare nothing until the last of them knows how'),
        test('architecture/rooms', 'uses no banned function where a replacement is named'),
        planted('clock-decides'),
        planted('iteration-order'),
      ],
    },
    {
      trap: 'errors swallowed',
      evidence: [
        test(STORE, 'stops the server at a command of a format that it does not know'),
        test('raft/node/failing-disk', 'is told of by whoever met it, whichever call it is'),
      ],
    },
  ],
};

const LIVENESS: TrapSection = {
  section: 'Liveness',
  traps: [
    {
      trap: 'a dead disk under live heartbeats',
      evidence: [
        test(NODE, 'that stalls costs a leader its leadership, but no heartbeat until then'),
        planted('stalled-disk-keeps-leading'),
      ],
    },
    {
      trap: 'heartbeats behind a slow apply or a long synchronous turn',
      evidence: [
        test(NODE, 'costs a leader its leadership'),
        test('raft/adapters/consensus', '(threads) lead on while the main thread is busy'),
      ],
    },
    {
      trap: 'laggards that never catch up under load',
      evidence: [
        test('raft/node/log-compaction', 'keeps that, up to a limit of its own'),
        test('store/raft-store', 'bring a member that was away for longer than their logs reach back by a snapshot'),
      ],
    },
    { trap: 'election ties', evidence: [story('election-early-stagger'), story('election-early-better-log')] },
  ],
};

export const TRAPS: readonly TrapSection[] = [
  ELECTION,
  REPLICATION,
  SNAPSHOTS,
  MEMBERSHIP,
  READS,
  DURABILITY,
  CLIENTS,
  APPLY,
  LIVENESS,
];
