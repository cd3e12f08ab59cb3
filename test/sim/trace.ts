// The trace of a run: one line for each event, hashed, so that two runs can be compared by one word. The last lines are
// kept for a failure; all of them only if asked for.
import { createHash } from 'node:crypto';
import { type Micros, MS, type Scheduler } from './time.ts';

/** Lines that a failure shows. */
const TAIL_LIMIT_LINES = 300;

export class Trace {
  readonly #scheduler: Scheduler;
  readonly #hash = createHash('sha256');
  readonly #print: ((line: string) => void) | undefined;
  #tail: string[] = [];
  #chunk: string[] = [];

  constructor(scheduler: Scheduler, print?: (line: string) => void) {
    this.#scheduler = scheduler;
    this.#print = print;
  }

  /** `who` is a server, a client, or `world`. */
  note(who: string, what: string): void {
    const line = `${time(this.#scheduler.now)} ${who} ${what}`;
    this.#print?.(line);
    this.#chunk.push(line);
    if (this.#chunk.length >= TAIL_LIMIT_LINES) this.#flush();
  }

  #flush(): void {
    if (this.#chunk.length === 0) return;
    this.#hash.update(`${this.#chunk.join('\n')}\n`);
    this.#tail = [...this.#tail, ...this.#chunk].slice(-TAIL_LIMIT_LINES);
    this.#chunk = [];
  }

  tail(): readonly string[] {
    this.#flush();
    return this.#tail;
  }

  /** 16 hexadecimal digits; to be asked once, at the end. */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex').slice(0, 16);
  }
}

/** Milliseconds with three decimals. */
function time(now: Micros): string {
  const whole = String(Math.floor(now / MS));
  return `${whole.padStart(7)}.${String(now % MS).padStart(3, '0')}`;
}
