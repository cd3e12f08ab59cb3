// Failures of the API: an ApiError carries the Status object that is sent, with the reason, code and wording that
// Kubernetes uses, so that clients which read them (kubectl, client-go's errors.IsNotFound …) need no special case.
import { NESTING_LIMIT } from '../lib/index.ts';
import type { FieldError } from './definition.ts';
import { fieldErrorBody } from './field-error.ts';
import { INVALID_CAUSES_LIMIT, INVALID_TEXT_LIMIT_CHARACTERS } from './limits.ts';
import type { Status, StatusCause, StatusDetails } from './types.ts';

/** A failure that is answered with `status`; `status.code` is the HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: Status & { readonly code: number };

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      // Kubernetes knows none for some failures, and leaves it out.
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/** What the constructors need of a resource definition: a definition, or a plain group and plural. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}
export interface KindName {
  readonly group: string;
  readonly kind: string;
}

/** `pods` or `deployments.apps`. */
export function qualifiedResource(resource: ResourceName): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function qualifiedKind(kind: KindName): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}

function detailsOf(group: string, kind: string, name: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    ...more,
  };
}

export function notFoundError(resource: ResourceName, name: string): ApiError {
  const message = `${qualifiedResource(resource)} "${name}" not found`;
  return new ApiError(404, 'NotFound', message, detailsOf(resource.group, resource.plural, name));
}

/** For paths that name no resource. */
export function unknownPathError(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExistsError(resource: ResourceName, name: string): ApiError {
  const message = `${qualifiedResource(resource)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(resource.group, resource.plural, name));
}

/** A generated name collided as often as we tried. */
export function generateNameConflictError(resource: ResourceName, name: string): ApiError {
  const message = `${qualifiedResource(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`;
  return new ApiError(
    409,
    'AlreadyExists',
    message,
    detailsOf(resource.group, resource.plural, name, { retryAfterSeconds: 1 }),
  );
}

export const MODIFIED_MESSAGE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflictError(resource: ResourceName, name: string, why: string = MODIFIED_MESSAGE): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(resource.group, resource.plural, name));
}

/** 422: `Pod "x" is invalid: …`, with a cause per finding. */
export function invalidError(kind: KindName, name: string, findings: readonly FieldError[]): ApiError {
  const causes: StatusCause[] = [];
  const distinct = new Set<string>();
  let length = 0;
  for (const error of findings) {
    if (causes.length >= INVALID_CAUSES_LIMIT || length > INVALID_TEXT_LIMIT_CHARACTERS) break;
    const message = fieldErrorBody(error);
    const { field } = error;
    length += field.length + message.length;
    causes.push({ reason: CAUSE_REASONS[error.type], message, field });
    distinct.add(`${field}: ${message}`);
  }
  const texts = [...distinct];
  const list = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  const message = `${qualifiedKind(kind)} "${name}" is invalid${texts.length === 0 ? '' : `: ${list}`}`;
  return new ApiError(422, 'Invalid', message, detailsOf(kind.group, kind.kind, name, { causes }));
}

const CAUSE_REASONS: Readonly<Record<FieldError['type'], string>> = {
  required: 'FieldValueRequired',
  invalid: 'FieldValueInvalid',
  notSupported: 'FieldValueNotSupported',
  duplicate: 'FieldValueDuplicate',
  forbidden: 'FieldValueForbidden',
  tooLong: 'FieldValueTooLong',
  tooMany: 'FieldValueTooMany',
  notFound: 'FieldValueNotFound',
  typeInvalid: 'FieldValueTypeInvalid',
};

export function bodyTooDeep(): ApiError {
  return badRequestError(`the body nests deeper than ${NESTING_LIMIT} levels`);
}

/** 422 without a finding: what a JSON patch that does not fit its object is told. */
export function unfittingPatchError(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** A failure whose text is all that Kubernetes says of it. There its code is 500, as if the server were at fault. */
export function plainError(message: string): ApiError {
  return new ApiError(400, '', message);
}

export function badRequestError(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** 405 for a verb that the resource does not have. */
export function methodNotSupportedError(resource: ResourceName, action: string): ApiError {
  const message = `${action} is not supported on resources of kind "${qualifiedResource(resource)}"`;
  return new ApiError(405, 'MethodNotAllowed', message, detailsOf(resource.group, resource.plural, ''));
}

/** 405 for an HTTP method that no verb of the path uses. */
export function methodNotAllowedError(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function unauthorizedError(message = 'Unauthorized'): ApiError {
  return new ApiError(401, 'Unauthorized', message);
}

/** `name` is '' for requests that name no object. */
export function forbiddenError(resource: ResourceName, name: string, why: string): ApiError {
  const subject = name === '' ? qualifiedResource(resource) : `${qualifiedResource(resource)} "${name}"`;
  const message = `${subject} is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, detailsOf(resource.group, resource.plural, name));
}

/** For paths that are no resources: `forbidden: User "x" cannot get path "/metrics"`. */
export function forbiddenPathError(user: string, verb: string, path: string): ApiError {
  return new ApiError(403, 'Forbidden', `forbidden: User "${user}" cannot ${verb} path "${path}"`, {});
}

export function goneError(message: string): ApiError {
  return new ApiError(410, 'Gone', message);
}

/** 410 for revisions and continue tokens that are compacted away. */
export function expiredError(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

export function tooLargeError(limitBytes: number): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

export function unsupportedMediaTypeError(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function notAcceptableError(accepted: readonly string[]): ApiError {
  return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

/** 504: the outcome is unknown. */
export function timeoutError(message: string, retryAfterSeconds = 0): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

export function serverTimeoutError(resource: ResourceName, operation: string, retryAfterSeconds: number): ApiError {
  const message = `The ${operation} operation against ${qualifiedResource(resource)} could not be completed at this time, please try again.`;
  return new ApiError(
    500,
    'ServerTimeout',
    message,
    detailsOf(resource.group, resource.plural, '', { retryAfterSeconds }),
  );
}

export function tooManyRequestsError(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError(429, 'TooManyRequests', message, { retryAfterSeconds });
}

export function internalError(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function serviceUnavailableError(message: string): ApiError {
  return new ApiError(503, 'ServiceUnavailable', message);
}

/** The Status of anything thrown: an ApiError's own, an internal error for the rest. */
export function statusOf(error: unknown): Status & { readonly code: number } {
  if (error instanceof ApiError) return error.status;
  return internalError(error instanceof Error ? error.message : String(error)).status;
}

/** `Success`, as a DELETE that is done answers. */
export function successStatus(resource: ResourceName, name: string, uid: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, uid },
  };
}
