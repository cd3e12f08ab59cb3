// The consensus core: the one object behind the door, which dispatches inputs to the files by subject.
import { assert } from '../../src/lib/index.ts';
import type { CoreOptions, RaftCore } from './types.ts';

/** Makes a core from what the disk holds. */
export function createRaftCore(options: CoreOptions): RaftCore {
  assert(options.id.length > 0, 'a member has an id');
  throw new Error('the body of the core arrives in the next commit');
}
