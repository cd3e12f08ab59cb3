// When V8 optimises what a server runs. The V8 of Node.js 20 optimises a function when so many bytes of its bytecode have run, and
// compiling costs milliseconds each time. A server at rest reaches any budget in the end, and would go on compiling for minutes what runs
// ten times a second; under load, its threads handle whole batches at once and so run much of their code rarely: they are to be
// optimised early. So the budget follows the load. Later versions of V8 have a compiler between, and are left alone.
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode. V8's own budget is 132 KiB; much less than this under load optimises on too few samples. */
const BUDGET_AT_REST = 250_000;
const BUDGET_UNDER_LOAD = 16_000;
const LOOK_PERIOD_MS = 500;
/** Every start is busy, and over soon. */
const START_MS = 3_000;
/** The share of its time that the main thread is busy for a server to count as under load. */
const LOADED_FROM = 0.2;
/** Looks without load after which a server is at rest. */
const LOOKS_UNTIL_REST = 20;

/** To be called at the start of a server's process. Does nothing on versions of V8 that need none of it. */
export function optimiseUnderLoad(): void {
  if (!process.versions.v8.startsWith('11.')) return;
  setBudget(BUDGET_AT_REST);
  // A code cache is of the flags it was made under, and is made at the end.
  process.once('exit', () => setBudget(BUDGET_AT_REST));
  const begin = (): void => {
    let last = performance.eventLoopUtilization();
    let looksLeft = 0;
    setInterval(() => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      if (utilization >= LOADED_FROM) {
        if (looksLeft === 0) setBudget(BUDGET_UNDER_LOAD);
        looksLeft = LOOKS_UNTIL_REST;
      } else if (looksLeft > 0) {
        looksLeft -= 1;
        if (looksLeft === 0) setBudget(BUDGET_AT_REST);
      }
    }, LOOK_PERIOD_MS).unref();
  };
  setTimeout(begin, START_MS).unref();
}

function setBudget(bytes: number): void {
  setFlagsFromString(`--interrupt-budget=${bytes}`);
}
