// What clients and watchers saw, and whether it can be true. All writes of a run are totally ordered by their revisions,
// so linearizability needs no search: the final history is the order, and each answer is held against it.
//
// 1. Every acknowledged write is in the final history, at its revision, once; one with unknown outcome at most once.
// 2. Real time is respected: what begins after an operation has ended has a revision not below that operation's.
// 3. Every read, and every refusal, shows its key as it was at the revision that the answer names.
// 4. What was said to be not applied is not.
// 5. What was written under a fence was written before that fence was raised.
// 6. Watches delivered each revision after their beginning once, in order, as in the final history.
import type { CommitOutcome, Revision, StoredObject, WatchEvent } from '../../src/store/index.ts';
import { violation } from './raft-checks.ts';
import type { Micros } from './time.ts';

/** What clients write: a unique token, in bytes that hold their own revision. */
export function encodeToken(token: string): { readonly bytes: Uint8Array; readonly revisionOffset: number } {
  return { bytes: Buffer.from(`{"revision":"","token":"${token}"}`), revisionOffset: 13 };
}

/** The token of an object; checks that its bytes say the revision that the store says. */
export function tokenOf(object: StoredObject): string {
  const { revision, token } = JSON.parse(Buffer.from(object.bytes).toString()) as { revision: string; token: string };
  if (revision !== String(object.revision)) violation(`bytes of ${object.key} say ${revision}, not ${object.revision}`);
  return token;
}

/** One revision of the final history. */
interface Change {
  readonly revision: number;
  readonly key: string;
  /** undefined: deleted. */
  readonly token: string | undefined;
}

interface Operation {
  readonly name: string;
  readonly key: string;
  readonly began: Micros;
  readonly ended: Micros;
  /** The revision at which the answer holds. */
  readonly revision: number;
  readonly isWrite: boolean;
}

/** When clients may expect an answer. */
export interface Availability {
  readonly since: Micros;
  /** Servers whose clients may not. */
  readonly hurt: ReadonlySet<string>;
  readonly although: string;
}

function changeOf(event: WatchEvent): Change {
  const { revision, object, type } = event;
  return { revision, key: object.key, token: type === 'deleted' ? undefined : tokenOf(object) };
}

export class History {
  readonly #operations: Operation[] = [];
  /** What anybody said about a key at a revision. */
  readonly #claims: {
    readonly name: string;
    readonly key: string;
    readonly revision: number;
    readonly token: string | undefined;
  }[] = [];
  /** Writes that were acknowledged: revision → token (undefined: a delete). */
  readonly #written = new Map<number, { readonly name: string; readonly token: string | undefined }>();
  readonly #refused: { readonly name: string; readonly token: string }[] = [];
  readonly #delivered = new Map<number, Change>();
  readonly #notApplied: string[] = [];
  readonly #fenced: { readonly name: string; readonly fence: number; readonly revision: number }[] = [];
  #promise: Availability | undefined;
  acknowledged = 0;
  unknown = 0;
  reads = 0;
  delivered = 0;

  /** A commit was answered. `token` is what it wanted to write. */
  committed(
    name: string,
    key: string,
    token: string | undefined,
    began: Micros,
    ended: Micros,
    outcome: CommitOutcome,
  ): void {
    this.acknowledged += 1;
    const { revision } = outcome;
    this.#operations.push({ name, key, began, ended, revision, isWrite: outcome.kind === 'committed' });
    if (outcome.kind === 'committed') {
      this.#writtenAt(revision, name, token);
      return;
    }
    if (token !== undefined) this.#refused.push({ name, token });
    this.#claim(name, key, revision, outcome.current);
  }

  /** One write of a command with several was acknowledged. */
  wrote(name: string, key: string, token: string | undefined, began: Micros, ended: Micros, revision: number): void {
    this.#operations.push({ name, key, began, ended, revision, isWrite: true });
    this.#writtenAt(revision, name, token);
  }

  #writtenAt(revision: number, name: string, token: string | undefined): void {
    if (this.#written.has(revision)) violation(`${name}: revision ${revision} was given twice`);
    this.#written.set(revision, { name, token });
  }

  /** A write that was to apply only while the fence is as it was at revision `fence` was acknowledged. */
  fenced(name: string, fence: number, revision: number): void {
    this.#fenced.push({ name, fence, revision });
  }

  /** From now on, operations at servers that are not hurt must be answered; until the next call. */
  mustAnswer(promise: Availability | undefined): void {
    this.#promise = promise;
  }

  /**
   * An operation at `server` was given up by its client. `notApplied`: the client was told that it changed nothing.
   * `isReceiving`: the server is being sent the state, which it says; logs are so short here that a broken connection may
   * come to that.
   */
  gaveUp(name: string, server: string, began: Micros, notApplied: boolean, isReceiving: boolean): void {
    this.unknown += 1;
    if (notApplied) this.#notApplied.push(name);
    const promise = this.#promise;
    if (promise === undefined || began < promise.since || promise.hurt.has(server) || isReceiving) return;
    violation(`availability: ${name} at ${server} failed, although ${promise.although}`);
  }

  /** Its server has no room, and has not begun with it. */
  turnedAway(name: string): void {
    this.#notApplied.push(name);
  }

  read(
    name: string,
    key: string,
    began: Micros,
    ended: Micros,
    revision: Revision,
    found: StoredObject | undefined,
  ): void {
    this.acknowledged += 1;
    this.reads += 1;
    this.#operations.push({ name, key, began, ended, revision, isWrite: false });
    this.#claim(name, key, revision, found);
  }

  #claim(name: string, key: string, revision: number, found: StoredObject | undefined): void {
    this.#claims.push({ name, key, revision, token: found === undefined ? undefined : tokenOf(found) });
  }

  /** A watcher that had everything up to `last` was given `batch`. Returns what it has now. */
  watched(watcher: string, last: number, batch: readonly WatchEvent[]): number {
    let reached = last;
    for (const event of batch) {
      if (event.revision !== reached + 1) violation(`${watcher}: revision ${event.revision} came after ${reached}`);
      reached = event.revision;
      this.delivered += 1;
      this.#agrees(watcher, changeOf(event));
    }
    return reached;
  }

  #agrees(who: string, change: Change): void {
    const known = this.#delivered.get(change.revision);
    if (known === undefined) this.#delivered.set(change.revision, change);
    else if (known.key !== change.key || known.token !== change.token) {
      violation(
        `${who}: revision ${change.revision} is ${change.key} ${change.token}, elsewhere ${known.key} ${known.token}`,
      );
    }
  }

  /** Holds everything against what a server says the history was, from the beginning. */
  verify(events: readonly WatchEvent[], fenceKey: string): void {
    const changes = events.map(changeOf);
    changes.forEach((change, i) => {
      if (change.revision !== i + 1) violation(`the final history has ${change.revision} where ${i + 1} belongs`);
      this.#agrees('the final history', change);
    });
    for (const revision of this.#delivered.keys()) {
      if (revision > changes.length) violation(`revision ${revision} was watched and is gone`);
    }
    this.#verifyWrites(changes);
    this.#verifyClaims(changes);
    this.#verifyOrder();
    this.#verifyFences(changes.filter(({ key }) => key === fenceKey).map(({ revision }) => revision));
  }

  #verifyFences(raised: readonly number[]): void {
    for (const { name, fence, revision } of this.#fenced) {
      const newer = raised.find((at) => at > fence && at < revision);
      if (newer !== undefined) violation(`fence: ${name} at ${revision} holds ${fence}, which was raised at ${newer}`);
    }
  }

  #verifyWrites(changes: readonly Change[]): void {
    const seen = new Map<string, number>();
    for (const { token, revision } of changes) {
      if (token === undefined) continue;
      const before = seen.get(token);
      if (before !== undefined) violation(`${token} was applied twice, at ${before} and ${revision}`);
      seen.set(token, revision);
    }
    for (const [revision, { name, token }] of this.#written) {
      const change = changes[revision - 1];
      if (change === undefined) violation(`${name}: acknowledged at ${revision}, and lost`);
      if (change.token !== token) violation(`${name}: acknowledged ${token} at ${revision}, where ${change.token} is`);
    }
    for (const name of this.#notApplied) {
      if (seen.has(name)) violation(`${name}: said not to be applied, and applied at ${seen.get(name)}`);
    }
    for (const { name, token } of this.#refused) {
      if (seen.has(token)) violation(`${name}: refused, and applied at ${seen.get(token)}`);
    }
  }

  #verifyClaims(changes: readonly Change[]): void {
    const byKey = new Map<string, Change[]>();
    for (const change of changes) {
      const list = byKey.get(change.key) ?? [];
      list.push(change);
      byKey.set(change.key, list);
    }
    for (const { name, key, revision, token } of this.#claims) {
      const then = byKey.get(key)?.findLast((change) => change.revision <= revision);
      if (then?.token !== token) violation(`${name}: ${key} at ${revision} is ${then?.token}, not ${token}`);
    }
  }

  #verifyOrder(): void {
    const ended = this.#operations.toSorted((a, b) => a.ended - b.ended);
    let position = 0;
    let newest: Operation | undefined;
    for (const operation of this.#operations.toSorted((a, b) => a.began - b.began)) {
      for (let next = ended[position]; next !== undefined && next.ended < operation.began; next = ended[position]) {
        position += 1;
        if (newest === undefined || next.revision > newest.revision) newest = next;
      }
      if (newest === undefined) continue;
      const isLate = operation.isWrite ? operation.revision <= newest.revision : operation.revision < newest.revision;
      if (isLate) {
        violation(
          `stale: ${operation.name} at ${operation.revision} began after ${newest.name} at ${newest.revision} had ended`,
        );
      }
    }
  }
}
