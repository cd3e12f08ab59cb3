// Plays a sequence of writes on the library and on the model side by side. Where they differ it throws, with the transcript up to
// there: who wrote what, and who should own what.
import {
  ApiError,
  applyConfiguration,
  cloneJson,
  equalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  trackUpdate,
} from '../../../../src/api/index.ts';
import {
  applied,
  type Conflict,
  inGo,
  type Owned,
  type Owners,
  printConflict,
  updated,
  type Writer,
  writerKey,
} from './model.ts';
import { decodeFields, encodeFields, printPath } from './paths.ts';
import { bodyAfter, type Step } from './steps.ts';
import type { Trial } from './subjects.ts';

const NAMES: JsonObject = { name: 'web', namespace: 'default' };
const SYSTEM: JsonObject = {
  ...NAMES,
  uid: 'u1',
  resourceVersion: '7',
  generation: 1,
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const FIRST_MS = Date.UTC(2026, 0, 2);

/** What came of the steps, for those who count. */
export interface Played {
  readonly writes: number;
  readonly conflicts: number;
}

export function play(trial: Trial, steps: readonly Step[]): Played {
  const game = new Game(trial);
  for (const step of steps) game.write(step);
  return game.played;
}

interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsType: string;
  readonly fieldsV1: JsonObject;
}

class Game {
  readonly #trial: Trial;
  readonly #lines: string[] = [];
  #model: Owned | undefined;
  #live: JsonObject | undefined;
  #nowMs = FIRST_MS;
  #writes = 0;
  #conflicts = 0;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  get played(): Played {
    return { writes: this.#writes, conflicts: this.#conflicts };
  }

  write(step: Step): void {
    this.#nowMs += 1_000;
    this.#lines.push(`${this.#lines.length + 1}. ${step.by} ${step.act} ${JSON.stringify(step.body)}`);
    if (step.act === 'apply' || step.act === 'force' || step.act === 'applyStatus') this.#apply(step);
    else this.#update(step);
  }

  #apply({ by, act, body }: Step): void {
    // Only what exists has a status.
    if (act === 'applyStatus' && this.#live === undefined) return;
    const writer = this.#writer(by, 'Apply', act === 'applyStatus' ? 'status' : '');
    const { apiVersion, kind } = this.#trial;
    const metadata = { ...(body['metadata'] as JsonObject | undefined), ...NAMES };
    const configuration = this.#withoutUnknown({ ...cloneJson(body), apiVersion, kind, metadata });
    const expected = applied(this.#trial, this.#model, configuration, writer, act === 'force');
    const { schema, typeName } = this.#trial;
    const live = frozen(this.#live);
    const run = (): KubeObject =>
      applyConfiguration(
        schema,
        typeName,
        live,
        frozen(configuration),
        { ...writer, nowMs: this.#nowMs },
        act === 'force',
      );
    if (!isOwned(expected)) {
      this.#conflicts += 1;
      this.#same('conflicts', conflictsOf(run), expected.map(printConflict).sort());
      return;
    }
    const actual = this.#attempt(run) as JsonObject;
    this.#compare(expected, actual, writer);
    this.#again(actual, configuration, writer);
  }

  #update(step: Step): void {
    const { schema, typeName } = this.#trial;
    const identity = { apiVersion: this.#trial.apiVersion, kind: this.#trial.kind, metadata: { ...SYSTEM } };
    const bare = this.#live === undefined ? undefined : withoutManagedFields(this.#live);
    const body = bodyAfter(step, bare, this.#withoutUnknown(identity), this.#trial);
    if (body === undefined) return;
    const object = this.#settled(cloneJson(body));
    const writer = this.#writer(step.by, 'Update', step.act === 'report' ? 'status' : '');
    const isReset = step.act === 'forget';
    const expected = updated(this.#trial, this.#model, withoutManagedFields(object), writer, isReset);
    const metadata = { ...(object['metadata'] as JsonObject), ...this.#sentManagedFields(step, isReset) };
    const sent: JsonObject = { ...(frozen(object) ?? {}), metadata };
    const live = frozen(this.#live);
    this.#attempt(() => {
      trackUpdate(schema, typeName, live, sent as KubeObject, { ...writer, nowMs: this.#nowMs });
      return sent as KubeObject;
    });
    this.#compare(expected, sent, writer);
  }

  /** Clients send managedFields back as they are, or leave them out; both mean the same. */
  #sentManagedFields({ pick }: Step, isReset: boolean): JsonObject {
    if (isReset) return { managedFields: pick % 2 === 0 ? [] : [{}] };
    const known = (this.#live?.['metadata'] as JsonObject | undefined)?.['managedFields'];
    return known === undefined || pick % 2 === 0 ? {} : { managedFields: cloneJson(known) };
  }

  #writer(manager: string, operation: Writer['operation'], subresource: string): Writer {
    return { manager, operation, apiVersion: this.#trial.apiVersion, subresource };
  }

  #compare(expected: Owned, actual: JsonObject, writer: Writer): void {
    this.#writes += 1;
    const before = entriesOf(this.#live);
    const entries = entriesOf(actual);
    this.#same('owners', this.#owned(entries), describeOwners(expected.owners));
    this.#same('object', inGo(this.#trial, withoutManagedFields(actual)), inGo(this.#trial, expected.object));
    for (const entry of entries) {
      this.#same('FieldsV1', entry.fieldsV1, encodeFields(decodeFields(entry.fieldsV1)));
      const old = before.find((other) => writerKey(whose(other)) === writerKey(whose(entry)));
      if (writerKey(whose(entry)) !== writerKey(writer) && old !== undefined) this.#same('time', entry.time, old.time);
    }
    this.#same('order of entries', entries.map(orderOf), entries.map(orderOf).sort());
    this.#live = this.#settled(cloneJson(actual));
    this.#model = { object: withoutManagedFields(this.#live), owners: expected.owners };
  }

  /**
   * An apply that says the same again changes nothing, and conflicts with nobody; unless it says that something is empty, which is
   * not stored, or owns nothing.
   */
  #again(once: JsonObject, configuration: JsonObject, writer: Writer): void {
    if (entriesOf(once).length === 0 || !equalJson(configuration, withoutEmpty(configuration))) return;
    const { schema, typeName } = this.#trial;
    const write = { ...writer, nowMs: this.#nowMs + 500_000 };
    const twice = this.#attempt(() => applyConfiguration(schema, typeName, frozen(once), configuration, write, false));
    this.#same('object after the same apply', twice, once);
  }

  #owned(entries: readonly Entry[]): string[] {
    for (const { fieldsType } of entries) this.#same('fieldsType', fieldsType, 'FieldsV1');
    return entries.map((entry) => describe(whose(entry), decodeFields(entry.fieldsV1))).sort();
  }

  /** As the server stores it: checked, pruned, with defaults. */
  #settled(object: JsonObject): JsonObject {
    const { schema, typeName } = this.#trial;
    const managedFields = (object['metadata'] as JsonObject)['managedFields'];
    const bare = withoutManagedFields(object);
    bare['metadata'] = { ...(bare['metadata'] as JsonObject), ...this.#knownMetadata(SYSTEM) };
    schema.normalize(typeName, bare);
    schema.applyDefaults(typeName, bare);
    if (managedFields === undefined) return bare;
    return { ...bare, metadata: { ...(bare['metadata'] as JsonObject), managedFields } };
  }

  /** Generated kinds have little metadata. */
  #withoutUnknown(object: JsonObject): JsonObject {
    return { ...object, metadata: this.#knownMetadata(object['metadata'] as JsonObject) };
  }

  #knownMetadata(metadata: JsonObject): JsonObject {
    const fields = this.#trial.schema.type('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')?.fields;
    return Object.fromEntries(Object.entries(metadata).filter(([name]) => fields?.has(name) ?? true));
  }

  #attempt(run: () => KubeObject): KubeObject {
    try {
      return run();
    } catch (error) {
      throw new Error(`${this.#transcript()}\nfailed: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  #same(what: string, actual: unknown, expected: unknown): void {
    if (equalJson(actual, expected)) return;
    const [has, should] = [linesOf(actual), linesOf(expected)];
    const difference = [
      ...has.filter((line) => !should.includes(line)).map((line) => `  only the library: ${line}`),
      ...should.filter((line) => !has.includes(line)).map((line) => `  only the model:   ${line}`),
    ];
    throw new Error([this.#transcript(), `${what}:`, ...difference].join('\n'));
  }

  #transcript(): string {
    const owners = this.#model === undefined ? [] : describeOwners(this.#model.owners);
    const live = this.#model === undefined ? 'no object' : JSON.stringify(this.#model.object);
    return [`${this.#trial.kind}`, ...this.#lines, `before the last: ${live}`, ...owners].join('\n');
  }
}

/** A line for each leaf of a value, with where it is; texts of owners have their lines already. */
function linesOf(value: unknown, at = ''): string[] {
  if (typeof value === 'string' && value.includes('\n')) {
    const [whose = '', ...paths] = value.split('\n');
    return paths.map((path) => `${whose}${path.replace(/^ +/, ' ')}`);
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return [`${at} ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, member]) => linesOf(member, `${at}.${name}`));
}

function isOwned(outcome: Owned | readonly Conflict[]): outcome is Owned {
  return !Array.isArray(outcome);
}

function conflictsOf(run: () => KubeObject): readonly string[] {
  try {
    return [`none: ${JSON.stringify(run())}`];
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.code !== 409) throw error;
    const causes = error.status.details?.causes ?? [];
    return causes.map(({ message, field }) => `${message ?? ''}: ${field ?? ''}`).sort();
  }
}

function describeOwners(owners: Owners): string[] {
  return [...owners.values()].map(({ writer, paths }) => describe(writer, paths)).sort();
}

function describe(writer: Writer, paths: ReadonlySet<string>): string {
  return `${writerKey(writer)} owns\n    ${[...paths].map(printPath).sort().join('\n    ')}`;
}

function whose({ manager, operation, apiVersion, subresource = '' }: Entry): Writer {
  return { manager, operation, apiVersion, subresource };
}

/** Entries are sorted by this. */
function orderOf({ operation, time = '', manager, apiVersion, subresource = '' }: Entry): string {
  return [operation, time, manager, apiVersion, subresource].join(' ');
}

function entriesOf(object: JsonObject | undefined): readonly Entry[] {
  const metadata = object?.['metadata'];
  const entries = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  return (entries ?? []) as unknown as readonly Entry[];
}

function withoutManagedFields(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = object['metadata'] as JsonObject;
  return { ...cloneJson(object), metadata: cloneJson(metadata) };
}

function withoutEmpty(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    const left = withoutEmpty(member);
    return left === undefined ? [] : [[name, left]];
  });
  if (members.length === 0) return undefined;
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** Writing to what must not be changed fails. */
function frozen<T extends JsonObject | undefined>(object: T): T {
  const freeze = (value: Json | undefined): void => {
    if (typeof value !== 'object' || value === null) return;
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  };
  freeze(object);
  return object;
}
