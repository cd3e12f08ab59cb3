// What waits for a disk that hangs: as much as its newest news, however long it takes.
import { describe, expect, it } from 'vitest';
import type { HeartbeatResponse, Message, NodeId, Term } from '../../../raft/core/index.ts';
import { Outbox } from '../../../raft/core/outbox.ts';

function heartbeatResponse(to: string, readRound: number): HeartbeatResponse {
  return { kind: 'heartbeatResponse', from: 'b' as NodeId, to: to as NodeId, term: 4 as Term, readRound };
}

describe('messages that wait for the disk', () => {
  it('hold one answer to the heartbeats of a leader, the newest round that it asked for', () => {
    const outbox = new Outbox(() => false);
    for (let round = 1; round <= 1_000; round++) outbox.send(heartbeatResponse('a', round));
    outbox.send(heartbeatResponse('c', 7));
    const left: readonly Message[] = outbox.takeWaiting();
    expect(left).toEqual([heartbeatResponse('a', 1_000), heartbeatResponse('c', 7)]);
  });

  it('keep the answer to a newer round when one to an older round comes late', () => {
    const outbox = new Outbox(() => false);
    outbox.send(heartbeatResponse('a', 5));
    outbox.send(heartbeatResponse('a', 4));
    expect(outbox.takeWaiting()).toContainEqual(heartbeatResponse('a', 5));
  });
});
