// What a request can fail with. ApiStatusError: the server answered with a Status (or the client gave up waiting and words
// it the same way). UnknownOutcomeError: nobody can say whether a write happened. NotLeaderError: it was not sent at all.
import type { Status } from '../api/index.ts';

/** A failure that the API words: see Kubernetes' API conventions, "Response Status Kind". */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';
  /** The HTTP status. */
  readonly code: number;
  /** NotFound, AlreadyExists, Conflict, Invalid, Expired …; '' when the server gave none. */
  readonly reason: string;
  readonly details: Status['details'] | undefined;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: number,
    reason: string,
    message: string,
    rest: { readonly details?: Status['details'] | undefined; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = rest.details;
    this.retryAfterMs = rest.retryAfterMs;
  }
}

/** A write may or may not have happened, and repeating it could do harm: read, then decide. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';
}

/** A fenced client was used while its process did not lead: the write was not sent. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/** The object is not there. */
export function isNotFound(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.code === 404;
}

/** Another write was faster, or a precondition or fence did not hold. Not AlreadyExists, which shares its code. */
export function isConflict(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.code === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && error.reason === 'AlreadyExists';
}

/** The revision asked for was compacted: list anew. */
export function isExpired(error: unknown): error is ApiStatusError {
  return error instanceof ApiStatusError && (error.code === 410 || error.reason === 'Expired');
}

/** The namespace is being deleted: nothing can be created in it any more. */
export function isNamespaceTerminating(error: unknown): error is ApiStatusError {
  return (
    error instanceof ApiStatusError &&
    error.code === 403 &&
    (error.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating')
  );
}

/** The error of a Status that a server sent, in an answer or as an ERROR event. */
export function errorOfStatus(
  status: Partial<Status>,
  fallbackCode: number,
  retryAfterMs?: number | undefined,
): ApiStatusError {
  const code = status.code ?? fallbackCode;
  const seconds = status.details?.retryAfterSeconds;
  return new ApiStatusError(code, status.reason ?? '', status.message ?? `the server answered ${code}`, {
    details: status.details,
    retryAfterMs: retryAfterMs ?? (seconds === undefined ? undefined : seconds * 1000),
  });
}
