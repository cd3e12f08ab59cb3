// Administrators' questions to the servers of a cluster (/quorate/v1/), and finding the one that can grant a wish: the
// leader. What is no answer of a server of this cluster is no answer at all.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { type Clock, sleep, UserError } from '../src/lib/index.ts';
import { ask, tlsOf } from './ask.ts';
import { ADMIN } from './identities.ts';
import type { Layout } from './layout.ts';
import { CHANGE_TIMEOUT_MS, LEADER_POLL_MS, LEADER_TIMEOUT_MS } from './limits.ts';
import { LOOPBACK, type ServerMember, type Topology } from './topology.ts';

/** The exit code of a command that found nobody who leads: nothing was changed. */
export const NO_LEADER_EXIT_CODE = 3;

/** A member as a server tells of it; null stands for what that server does not know. */
export interface MemberView {
  readonly id: string;
  readonly role: 'voter' | 'learner' | 'leaving';
  readonly address: string | null;
  readonly autoPromote: boolean;
  readonly isLeader: boolean;
  readonly match: number | null;
  /** How many entries of the leader's committed ones it is not known to hold. */
  readonly lagEntries: number | null;
  readonly replication: 'probe' | 'replicate' | 'snapshot' | null;
  /** How long ago the leader heard it. */
  readonly lastHeardMs?: number;
  readonly repairing?: boolean;
}

/** The members as one server knows them. */
export interface MembersView {
  readonly answeredBy: string;
  readonly leader: string | null;
  readonly term: number;
  readonly commitIndex: number;
  readonly index: number;
  readonly changing: boolean;
  readonly removed: readonly string[];
  readonly members: readonly MemberView[];
}

export interface DiskAnswer {
  readonly freeBytes: number;
  readonly reserveBytes: number;
  readonly low: boolean;
}

/** What a server tells of itself. */
export interface ServerAnswer {
  readonly role: 'leader' | 'follower' | 'candidate';
  readonly leader?: string;
  readonly term: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly ready: boolean;
  readonly reason?: string;
  /** What is repaired after damage, and how far that has come. */
  readonly repairing?: string;
  readonly disk?: DiskAnswer;
  readonly membership: MembersView;
}

/** An answer to a wish: the HTTP status, and the body as JSON. */
export interface Granted {
  readonly status: number;
  readonly body: unknown;
}

export interface Administration {
  /** What a server says of itself; undefined when it says nothing. Never rejects. */
  statusOf(server: ServerMember): Promise<ServerAnswer | undefined>;
  /** Sends a wish to a server; undefined when no answer came: it may have been granted all the same. */
  post(server: ServerMember, path: string, body: unknown): Promise<Granted | undefined>;
}

export function administrationOf(layout: Layout): Administration {
  const credentials = administrator(layout);
  const send = async (server: ServerMember, path: string, rest: { body?: unknown; timeoutMs?: number }) => {
    const tls = credentials();
    if (tls === undefined) return undefined;
    const reply = await ask({
      address: { host: LOOPBACK, port: server.port },
      path: `/quorate/v1/${path}`,
      tls,
      ...rest,
    });
    return reply.kind === 'answer' ? { status: reply.status, body: parseJson(reply.text) } : undefined;
  };
  return {
    async statusOf(server) {
      const reply = await send(server, 'status', {});
      return reply?.status === 200 && isServerAnswer(reply.body) ? reply.body : undefined;
    },
    post: (server, path, body) => send(server, path, { body, timeoutMs: CHANGE_TIMEOUT_MS }),
  };
}

/** The administrator's credentials as the files say now; undefined: there are none. Made anew only when the files changed. */
function administrator(layout: Layout): () => SecureContext | undefined {
  const { cert, key } = layout.certificate(ADMIN);
  const files = [join(layout.pki, 'ca.crt'), cert, key];
  let known: { readonly texts: readonly string[]; readonly tls: SecureContext } | undefined;
  return () => {
    if (!existsSync(cert)) return undefined;
    const texts = files.map((file) => readFileSync(file, 'utf8'));
    if (known === undefined || texts.some((text, i) => text !== known?.texts[i])) {
      const [caPem = '', certPem = '', keyPem = ''] = texts;
      known = { texts, tls: tlsOf(caPem, { cert: certPem, key: keyPem }) };
    }
    return known.tls;
  };
}

/** The leader, and what it and the others say. */
export interface Led {
  readonly leader: ServerMember;
  readonly answer: ServerAnswer;
  /** Of everybody who answers. */
  readonly answers: ReadonlyMap<string, ServerAnswer>;
}

/** Asks everybody at once. Undefined: nobody who answers leads. */
export async function findLeader(administration: Administration, topology: Topology): Promise<Led | undefined> {
  const asked = await Promise.all(
    topology.servers.map(async (server) => [server.id, await administration.statusOf(server)] as const),
  );
  const answers = new Map(asked.flatMap(([id, answer]) => (answer === undefined ? [] : [[id, answer] as const])));
  // An isolated leader may still believe in itself: the highest term counts.
  const leading = [...answers].filter(([, { role }]) => role === 'leader').sort((a, b) => b[1].term - a[1].term);
  const [id, answer] = leading[0] ?? [];
  const leader = topology.servers.find((server) => server.id === id);
  return leader === undefined || answer === undefined ? undefined : { leader, answer, answers };
}

/** Waits out an election. Throws UserError when nobody leads for too long. */
export async function requireLeader(
  administration: Administration,
  topology: () => Topology,
  clock: Clock,
): Promise<Led> {
  const deadline = clock.monotonic() + LEADER_TIMEOUT_MS;
  for (;;) {
    const led = await findLeader(administration, topology());
    if (led !== undefined) return led;
    if (clock.monotonic() > deadline) {
      throw new UserError(
        `none of ${topology()
          .servers.map(({ id }) => id)
          .join(', ')} leads: too few voters can be reached, so nothing was changed`,
        'Look at `quorate status` and at the logs of the servers that are down, and bring a majority of the voters back.',
        { exitCode: NO_LEADER_EXIT_CODE },
      );
    }
    await sleep(clock, LEADER_POLL_MS);
  }
}

function isServerAnswer(value: unknown): value is ServerAnswer {
  return typeof value === 'object' && value !== null && 'role' in value && 'membership' in value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever listens there is no server of this cluster.
    return undefined;
  }
}
