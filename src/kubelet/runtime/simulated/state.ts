// What the simulated runtime remembers, and the file that keeps it over restarts of the kubelet. Writes are atomic
// (a new file renamed over the old one), one at a time; changes made during a write are in the next one.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, UserError } from '../../../lib/index.ts';
import type { ContainerSpec, PodIdentity, SandboxSpec } from '../port.ts';

export interface SimulatedSandbox {
  readonly id: string;
  readonly spec: SandboxSpec;
  readonly ip: string | undefined;
  readonly createdAtMs: number;
  ready: boolean;
}

export interface LogLine {
  readonly atMs: number;
  readonly text: string;
}

export interface SimulatedContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly spec: ContainerSpec;
  readonly createdAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
  state: 'created' | 'running' | 'exited';
  exitCode: number;
  /** Which of the script's steps is next, and when the running one began. */
  step: number;
  stepBeganAtMs: number;
  lines: LogLine[];
}

export interface SimulatedState {
  readonly format: 1;
  readonly cluster: string;
  nextAddress: number;
  sandboxes: SimulatedSandbox[];
  containers: SimulatedContainer[];
  /** Images that were asked for. */
  images: string[];
}

export const samePod = (a: PodIdentity, b: PodIdentity): boolean => a.uid === b.uid;

/** The state file: read once, then written after changes. */
export class StateFile {
  readonly state: SimulatedState;
  readonly #path: string;
  #writing: Promise<void> | undefined;
  #dirty = false;
  #failure: { readonly cause: unknown } | undefined;

  private constructor(path: string, state: SimulatedState) {
    this.#path = path;
    this.state = state;
  }

  /** Throws UserError when the file is not ours or cannot be read. */
  static async open(directory: string, cluster: string): Promise<StateFile> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, 'simulated.json');
    const empty: SimulatedState = { format: 1, cluster, nextAddress: 2, sandboxes: [], containers: [], images: [] };
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return new StateFile(path, empty);
    const state = parse(text);
    if (state === undefined) {
      throw new UserError(`${path} is damaged`, 'Remove the file: the simulated pods of this node then start anew.');
    }
    // Another cluster's virtual pods mean nothing here.
    return new StateFile(path, state.cluster === cluster ? state : empty);
  }

  /** Says that the state changed. A failure surfaces in the next `settled`. */
  changed(): void {
    this.#dirty = true;
    this.#writing ??= this.#write();
  }

  /** Resolves when everything said so far is in the file. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.cause;
  }

  async #write(): Promise<void> {
    try {
      while (this.#dirty) {
        await Promise.resolve();
        this.#dirty = false;
        const next = `${this.#path}.next`;
        await writeFile(next, JSON.stringify(this.state));
        await rename(next, this.#path);
      }
    } catch (cause) {
      this.#failure = { cause };
    } finally {
      this.#writing = undefined;
    }
  }
}

function parse(text: string): SimulatedState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 1) return undefined;
    return value as SimulatedState;
  } catch {
    // Not JSON: the caller names the file and says what to do.
    return undefined;
  }
}
