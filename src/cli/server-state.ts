// How a server is and what it counts for, in words for tables that people read.
import type { ServerStatus } from '../../cluster/index.ts';

export function serverState({ role, place, repairing }: ServerStatus): string {
  if (role === 'down') return 'down';
  if (repairing) return 'repairing';
  switch (place) {
    case 'joining':
    case 'removed':
      return place;
    case 'voter':
    case 'learner':
    case 'leaving':
    case 'unknown':
      return role;
  }
}

/** The same, and what it counts for where that is not a voter's full voice: `follower (learner)`. */
export function serverText(server: ServerStatus): string {
  const state = serverState(server);
  return server.place === 'learner' || server.place === 'leaving' ? `${state} (${server.place})` : state;
}
