// The way of a server to readiness: it catches up to a fresh read index, then registers its session (house.md, decision 1).
// What is lost on the way is tried again, with each new leader and now and then.
import { encodeRegister, FEATURE_LEVEL } from './command.ts';
import type { Sessions } from './session.ts';
import type { Applied } from './state-machine.ts';

export interface JoiningOptions {
  readonly member: string;
  /** Names this process incarnation. */
  readonly origin: string;
  readonly featureLevel?: number | undefined;
  /** The store runs, and a leader is known. */
  canAsk(): boolean;
  /** Resolves when everything that was acknowledged before is applied here. */
  catchUp(): Promise<unknown>;
  sessions(): Sessions;
  propose(command: Uint8Array): void;
  /** One of the steps is done. */
  advanced(): void;
}

export class Joining {
  readonly #options: JoiningOptions;
  #registered = false;
  #caughtUp = false;
  #catchingUp = false;

  constructor(options: JoiningOptions) {
    this.#options = options;
  }

  /** The session stands: commits may be sent. */
  get registered(): boolean {
    return this.#registered;
  }
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** What was applied by the others meanwhile is not known here. */
  leaderLost(): void {
    this.#caughtUp = false;
  }

  proceed(): void {
    if (!this.#options.canAsk()) return;
    if (this.#caughtUp) {
      this.#register();
      return;
    }
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    this.#options.catchUp().then(
      () => {
        this.#catchingUp = false;
        this.#caughtUp = this.#options.canAsk();
        this.#register();
        this.#options.advanced();
      },
      () => {
        this.#catchingUp = false;
      },
    );
  }

  /** A registration was applied. Throws when another process is this member now. */
  observe(applied: Applied & { kind: 'registered' }): void {
    const { member, origin } = this.#options;
    if (applied.member !== member) return;
    if (applied.origin === origin && applied.accepted) {
      this.#registered = true;
      this.#options.advanced();
    } else if (applied.accepted && this.#registered) {
      throw this.#replaced();
    } else if (applied.origin === origin) this.#register();
  }

  /** A snapshot took the place of the state. Returns whether the session stands there; throws when it stood, and is gone. */
  stateReplaced(): boolean {
    if (this.#options.sessions().ofOrigin(this.#options.origin) !== undefined) this.#registered = true;
    else if (this.#registered) throw this.#replaced();
    return this.#registered;
  }

  #register(): void {
    const { member, origin, featureLevel = FEATURE_LEVEL, canAsk, sessions, propose } = this.#options;
    if (this.#registered || !this.#caughtUp || !canAsk()) return;
    propose(encodeRegister(member, origin, sessions().ofMember(member)?.origin ?? '', featureLevel));
  }

  #replaced(): Error {
    return new Error(`another process has taken the place of member ${this.#options.member}`);
  }
}
