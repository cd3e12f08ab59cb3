// Requests that write one object besides their own (a quota's usage) would refuse each other's commits again and again. On
// one server they take turns instead; servers still meet in the store, where conditions decide, and give way to each other.
import { type CancelSignal, oncePer } from '../../lib/index.ts';
import { type ObjectStore, StoreTimeoutError } from '../../store/index.ts';
import { TURNS_IN_A_ROW } from '../limits.ts';

export interface Turn {
  /** Somebody had it before: what was decided then is out of date. */
  readonly waited: boolean;
  /** This server has had so many in a row that others should come first. */
  readonly givesWay: boolean;
  end(): void;
}

interface Line {
  /** Called when their turn has come. */
  readonly waiting: Set<() => void>;
  inARow: number;
}

export class Turns {
  readonly #lines = new Map<string, Line>();

  /** Resolves when it is the caller's turn; every turn must be ended. Throws StoreTimeoutError when `signal` aborts first. */
  async take(name: string, signal: CancelSignal): Promise<Turn> {
    const line = this.#lines.get(name);
    if (line === undefined) {
      const own: Line = { waiting: new Set(), inARow: 1 };
      this.#lines.set(name, own);
      return this.#turn(name, own, false);
    }
    await inLine(line, signal);
    line.inARow += 1;
    return this.#turn(name, line, true);
  }

  #turn(name: string, line: Line, waited: boolean): Turn {
    return {
      waited,
      givesWay: line.inARow % TURNS_IN_A_ROW === 0,
      end: () => {
        const [next] = line.waiting;
        if (next === undefined) this.#lines.delete(name);
        else next();
      },
    };
  }
}

function inLine({ waiting }: Line, signal: CancelSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.delete(come);
      signal.removeEventListener('abort', give);
    };
    const come = (): void => {
      leave();
      resolve();
    };
    const give = (): void => {
      leave();
      reject(new StoreTimeoutError('the turn did not come in time'));
    };
    waiting.add(come);
    signal.addEventListener('abort', give);
    if (signal.aborted) give();
  });
}

/** All requests to one store share the turns of this process. */
export const turnsOf: (store: ObjectStore) => Turns = oncePer(() => new Turns());
