// Failures that a user can meet. Broken invariants are in assert.ts; API failures (Status) are in src/api/status.ts.

/** A failure with a remedy: what happened, and what the user can do. Printed without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What to do about it: one sentence, imperative. */
  readonly remedy: string;
  /** The exit code of a command that fails by it. */
  readonly exitCode: number;

  constructor(message: string, remedy: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.remedy = remedy;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Stops one server and says why. Injected: no room ends the process itself (house.md, decision 12). */
export type Fatal = (reason: string, cause?: unknown) => void;

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node.js system error (ENOENT, EADDRINUSE …), if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
