// Clients that hold a lease in turns, as controllers do: who takes it raises its fence in the same command, and writes on
// with that fence as a condition (house.md, decision 3). A holder that was paused or cut off goes on believing; nothing
// that it writes then may be applied.
import { messageOf, type Prng } from '../../src/lib/index.ts';
import {
  type Command,
  type CommitOutcome,
  DiskLowError,
  type Revision,
  type StoreKey,
  StoreStoppedError,
  StoreTimeoutError,
  storeKey,
} from '../../src/store/index.ts';
import { find, patiently, RESOURCE, sleep, type WorkloadParts } from './clients.ts';
import { encodeToken } from './history.ts';
import type { Running } from './server.ts';
import { MS } from './time.ts';

const LEASE = storeKey(RESOURCE, 'default', 'lease');
/** Whose revision is the token of the present holder. */
export const FENCE = storeKey(RESOURCE, 'default', 'fence');
const EXPECTED = [StoreTimeoutError, StoreStoppedError, DiskLowError];
/** How often a contender takes the lease from whoever holds it. */
const TAKE_OVER = 0.15;

export class Contender {
  readonly name: string;
  readonly #parts: WorkloadParts;
  readonly #random: Prng;
  #token: Revision | undefined;
  #operations = 0;
  #stopping = false;
  /** Resolves when the last operation has ended. */
  readonly done: Promise<void>;

  constructor(name: string, parts: WorkloadParts) {
    this.name = name;
    this.#parts = parts;
    this.#random = parts.random.fork();
    this.done = parts.plan.clients.has(name) ? Promise.resolve() : this.#run();
  }

  stop(): void {
    this.#stopping = true;
  }

  async #run(): Promise<void> {
    const { scheduler, thinkTime, failed } = this.#parts;
    while (!this.#stopping) {
      await sleep(scheduler, MS + this.#random.int(2 * thinkTime));
      const found = find(this.#parts, undefined);
      if (found === undefined) continue;
      this.#operations += 1;
      const name = `${this.name}.${this.#operations}`;
      try {
        await patiently(this.#parts, found.running, (signal) => this.#operation(name, found.running, signal));
      } catch (error) {
        if (!EXPECTED.some((kind) => error instanceof kind)) {
          failed(error);
          return;
        }
        // It does not know whether it holds the lease, and asks before it writes on.
        this.#token = undefined;
        this.#parts.trace.note(this.name, `${name} unknown: ${messageOf(error)}`);
      }
    }
  }

  #operation(name: string, running: Running, signal: AbortSignal): Promise<void> {
    if (this.#token === undefined || this.#random.chance(TAKE_OVER)) return this.#take(name, running, signal);
    return this.#writeFenced(name, running, this.#token, signal);
  }

  async #take(name: string, running: Running, signal: AbortSignal): Promise<void> {
    await running.store.readBarrier(signal);
    const lease = running.store.snapshot().get(LEASE);
    const held =
      lease === undefined
        ? ({ kind: 'absent', key: LEASE } as const)
        : ({ kind: 'revision', key: LEASE, revision: lease.revision } as const);
    const command: Command = {
      conditions: [held],
      writes: [put(LEASE, `${name}.lease`), put(FENCE, `${name}.fence`)],
    };
    const outcome = await this.#commit(name, running, command, [`${name}.lease`, `${name}.fence`], signal);
    this.#token = outcome.kind === 'committed' ? outcome.objects[1]?.revision : undefined;
  }

  async #writeFenced(name: string, running: Running, token: Revision, signal: AbortSignal): Promise<void> {
    const key = storeKey(RESOURCE, 'default', `fenced-${this.#random.int(3)}`);
    const conditions = [{ kind: 'revision' as const, key: FENCE, revision: token }];
    const outcome = await this.#commit(name, running, { conditions, writes: [put(key, name)] }, [name], signal);
    if (outcome.kind === 'committed') this.#parts.history.fenced(name, token, outcome.revision);
    else this.#token = undefined;
  }

  async #commit(
    name: string,
    running: Running,
    command: Command,
    tokens: readonly string[],
    signal: AbortSignal,
  ): Promise<CommitOutcome> {
    const { scheduler, trace, history } = this.#parts;
    const began = scheduler.now;
    const outcome = await running.store.commit(command, signal);
    if (outcome.kind === 'committed') {
      outcome.objects.forEach((object, i) => {
        if (object !== undefined)
          history.wrote(`${name}/${i}`, object.key, tokens[i], began, scheduler.now, object.revision);
      });
    }
    trace.note(
      this.name,
      `${name} ${command.writes.map(({ key }) => key).join(' ')} ${outcome.kind} at ${outcome.revision}`,
    );
    return outcome;
  }
}

function put(key: StoreKey, token: string): Command['writes'][number] {
  const { bytes, revisionOffset } = encodeToken(token);
  const envelope = { apiVersion: 'v1', schemaHash: '', keyId: '', revisionOffset, labels: {}, fields: {}, bytes };
  return { kind: 'put', key, envelope };
}
