// Every write to one object goes this way: the operation's own store, deadline and fence, and a decision made again
// whenever something moved.
import type { Snapshot } from '../../store/index.ts';
import { type Step, transact } from '../storage/transact.ts';
import type { Answer, Operation } from './operation.ts';

/**
 * Runs `decide` on a snapshot and commits what it says; `name` is the object's, for messages. Throws what `decide` throws,
 * once that was reached on a current snapshot, and ApiError 409, 504 (see transact).
 */
export function commitOperation(
  { server, signal, fence, definition, info }: Operation,
  decide: (snapshot: Snapshot) => Step<Answer>,
  name = info.name,
): Promise<Answer> {
  return transact({ store: server.options.store, signal, fence, definition, name, decide });
}
