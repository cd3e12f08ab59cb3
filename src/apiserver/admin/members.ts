// Members and leadership over HTTP. A server that does not lead sends its caller to the one that does (421 with the leader's
// id, 503 while there is none); what the consensus refuses becomes a Status whose first cause names the refusal.
import { ApiError, decodeBody, isJsonObject, type JsonObject, timeoutError } from '../../api/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { MembershipRefusal, StoreMembership, StoreMembershipOutcome, StoreStatus } from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import { readBody } from '../http/body.ts';
import type { AppContext } from '../http/env.ts';
import { respondJson } from '../http/respond.ts';
import { ADMIN_BODY_LIMIT_BYTES, RETRY_AFTER_SECONDS } from '../limits.ts';
import { invalidField, readChanges, readTarget } from './requests.ts';

/** GET status: this server's view of the consensus, its store, and the members. */
export function answerStatus(server: ServerContext, c: AppContext): Promise<Response> {
  const { store, memberId } = server.options;
  const status = store.status();
  return respondJson(c, 200, {
    id: memberId,
    ...status,
    membership: membersBody(memberId, status, store.membership()),
  });
}

/** GET members: as this server knows them; only the leader knows how far each one is. */
export function answerMembers(server: ServerContext, c: AppContext): Promise<Response> {
  const { store, memberId } = server.options;
  return respondJson(c, 200, membersBody(memberId, store.status(), store.membership()));
}

/** POST members: answers with the members that hold from now on. Throws ApiError 409, 421, 422, 503, 504. */
export async function changeMembers(server: ServerContext, c: AppContext): Promise<Response> {
  const { store, memberId } = server.options;
  const changes = readChanges(await bodyOf(c));
  const outcome = await store.changeMembership(changes, c.get('signal'));
  const members = changes.map(({ member }) => member);
  server.options.logger.info(
    { changes, by: c.get('user').name, outcome: outcome.kind },
    'a change of members was asked for',
  );
  if (outcome.kind !== 'done') throw changeError(outcome, members);
  return respondJson(c, 200, membersBody(memberId, store.status(), outcome.membership));
}

/** POST leader/transfer: answers when another leads. Throws ApiError 409, 421, 422, 503, 504. */
export async function transferLeader(server: ServerContext, c: AppContext): Promise<Response> {
  const target = readTarget(await bodyOf(c));
  const outcome = await server.options.store.transferLeadership(target);
  switch (outcome.kind) {
    case 'done':
      return respondJson(c, 200, { leader: outcome.leader });
    case 'notLeader':
      throw notLeaderError(outcome.leader);
    case 'refused':
      if (target === undefined) throw new ApiError(409, 'Conflict', `${outcome.message}. ${outcome.remedy}`);
      throw invalidField('target', target, `${outcome.message}. ${outcome.remedy}`, 'refused');
    case 'failed':
      throw timeoutError(outcome.message);
    default:
      return unreachable(outcome);
  }
}

async function bodyOf(c: AppContext): Promise<JsonObject> {
  const bytes = await readBody(c);
  if (bytes.length === 0) return {};
  const { value } = decodeBody(bytes, c.req.header('content-type'), ADMIN_BODY_LIMIT_BYTES);
  if (!isJsonObject(value)) throw new ApiError(400, 'BadRequest', 'the body is no object');
  return value;
}

/** null stands for what this server does not know. */
function membersBody(answeredBy: string, status: StoreStatus, membership: StoreMembership): object {
  const lagOf = (match: number | undefined): number | null =>
    match === undefined ? null : Math.max(0, status.commitIndex - match);
  return {
    answeredBy,
    leader: status.leader ?? null,
    term: status.term,
    commitIndex: status.commitIndex,
    index: membership.index,
    changing: membership.changing,
    removed: membership.removed,
    members: membership.members.map((member) => ({
      ...member,
      address: member.address ?? null,
      match: member.isLeader ? status.commitIndex : (member.match ?? null),
      lagEntries: member.isLeader ? 0 : lagOf(member.match),
      replication: member.replication ?? null,
    })),
  };
}

/** Sends the caller on. The leader's id is also in `details.name`. */
function notLeaderError(leader: string | undefined): ApiError {
  if (leader === undefined) {
    const details = { kind: 'members', retryAfterSeconds: RETRY_AFTER_SECONDS };
    return new ApiError(503, 'ServiceUnavailable', 'no leader is known here: an election is under way', details);
  }
  const message = `this server does not lead: ask ${leader}`;
  return new ApiError(421, 'NotLeader', message, { kind: 'members', name: leader });
}

function changeError(outcome: Exclude<StoreMembershipOutcome, { kind: 'done' }>, members: readonly string[]): ApiError {
  switch (outcome.kind) {
    case 'notLeader':
      return notLeaderError(outcome.leader);
    case 'unknown':
      return timeoutError(`${outcome.message}; the outcome is unknown: look at the members`);
    case 'refused': {
      const { reason, remedy } = outcome;
      const message = `${outcome.message}. ${remedy}`;
      const position = members.findIndex((member) => outcome.message.includes(member));
      if (REFUSED_AS[reason] === 422)
        return invalidField(
          position < 0 ? 'changes' : `changes[${position}].member`,
          members[position],
          message,
          reason,
        );
      return new ApiError(REFUSED_AS[reason], REFUSED_AS[reason] === 409 ? 'Conflict' : 'NotImplemented', message, {
        kind: 'members',
        causes: [{ reason, message }],
      });
    }
    default:
      return unreachable(outcome);
  }
}

/** 422: the request can never be granted. 409: not now, or not as the members are. */
const REFUSED_AS: Readonly<Record<MembershipRefusal, 409 | 422 | 501>> = {
  invalid: 422,
  unknownMember: 422,
  alreadyMember: 422,
  idUsedBefore: 422,
  changeUnderWay: 409,
  leaderIsNew: 409,
  transferUnderWay: 409,
  noVoterLeft: 409,
  notCaughtUp: 409,
  noQuorum: 409,
  olderMembers: 409,
  unsupported: 501,
};
