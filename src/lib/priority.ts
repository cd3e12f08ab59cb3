// Lets the calling thread go before others, where the system permits it. A Raft thread needs little time, but needs it at once: on a
// machine with more busy threads than cores, waiting for a turn behind them is what makes heartbeats late and leaders fall.
import { setPriority } from 'node:os';

/** The niceness of a thread that goes before others, where the system permits it. */
const THREAD_PRIORITY = -10;

/**
 * On Linux "this process" is the calling thread, and threads that it starts inherit its priority; elsewhere it would be the whole
 * process. Without the right to it (CAP_SYS_NICE) everything stays as it is.
 */
export function favourThisThread(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, THREAD_PRIORITY);
  } catch {
    // Not permitted: as every other thread, then.
  }
}
