import { describe, expect, it } from 'vitest';
import type { PlainClient } from '../../chaos/http.ts';
import { Seating } from '../../chaos/soak/seats.ts';
import type { RecordedClient } from '../../chaos/workloads/recorded-client.ts';

/** A seating over servers that a test changes; clients are told apart by their server. */
function seating(servers: string[]) {
  const closed: string[] = [];
  const servedBy = new Map<RecordedClient, string>();
  const seats = new Seating({
    cluster: { serving: () => servers },
    connect: (server) => ({ url: server, close: () => closed.push(server) }) as unknown as PlainClient,
    record(_plain, via) {
      const client = {} as RecordedClient;
      servedBy.set(client, via);
      return client;
    },
  });
  const serverOf = (client: () => RecordedClient): string => servedBy.get(client()) ?? '';
  return { seats, serverOf, closed };
}

describe('pinned clients', () => {
  it('sit at every server alike, and stay', () => {
    const { seats, serverOf, closed } = seating(['a', 'b', 'c']);
    const clients = Array.from({ length: 6 }, () => seats.take());
    expect(clients.map(serverOf)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    expect(clients.map(serverOf)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    expect(closed).toEqual([]);
  });

  it('leave a server that is removed, for those with the fewest', () => {
    const servers = ['a', 'b', 'c'];
    const { seats, serverOf, closed } = seating(servers);
    const clients = Array.from({ length: 6 }, () => seats.take());
    servers.splice(1, 1);
    expect(clients.map(serverOf)).toEqual(['a', 'a', 'c', 'a', 'c', 'c']);
    expect(closed).toEqual(['b', 'b']);
  });

  it('go to a new server, too, until it has as many as the others', () => {
    const servers = ['a', 'b'];
    const { seats, serverOf } = seating(servers);
    const clients = Array.from({ length: 6 }, () => seats.take());
    servers.push('c');
    const seated = clients.map(serverOf);
    expect(['a', 'b', 'c'].map((server) => seated.filter((each) => each === server).length)).toEqual([2, 2, 2]);
  });
});
