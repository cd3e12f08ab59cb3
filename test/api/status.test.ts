// Failures: reasons, codes and messages, word for word as clients of Kubernetes know them.
import { describe, expect, test } from 'vitest';
import {
  alreadyExistsError,
  badRequestError,
  conflictError,
  expiredError,
  type FieldError,
  fieldErrorText,
  forbiddenError,
  goneError,
  internalError,
  invalidError,
  methodNotSupportedError,
  notAcceptableError,
  notFoundError,
  serverTimeoutError,
  serviceUnavailableError,
  statusOf,
  successStatus,
  timeoutError,
  tooLargeError,
  tooManyRequestsError,
  unauthorizedError,
  unknownPathError,
  unsupportedMediaTypeError,
} from '../../src/api/index.ts';

const PODS = { group: '', plural: 'pods', kind: 'Pod' };
const DEPLOYMENTS = { group: 'apps', plural: 'deployments', kind: 'Deployment' };

describe('constructors', () => {
  test.each([
    [notFoundError(PODS, 'x'), 404, 'NotFound', 'pods "x" not found', { name: 'x', kind: 'pods' }],
    [
      notFoundError(DEPLOYMENTS, 'x'),
      404,
      'NotFound',
      'deployments.apps "x" not found',
      { name: 'x', group: 'apps', kind: 'deployments' },
    ],
    [unknownPathError(), 404, 'NotFound', 'the server could not find the requested resource', {}],
    [alreadyExistsError(PODS, 'x'), 409, 'AlreadyExists', 'pods "x" already exists', { name: 'x', kind: 'pods' }],
    [
      conflictError(PODS, 'x'),
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again',
      { name: 'x', kind: 'pods' },
    ],
    [badRequestError('no'), 400, 'BadRequest', 'no', undefined],
    [
      methodNotSupportedError(DEPLOYMENTS, 'delete'),
      405,
      'MethodNotAllowed',
      'delete is not supported on resources of kind "deployments.apps"',
      { group: 'apps', kind: 'deployments' },
    ],
    [unauthorizedError(), 401, 'Unauthorized', 'Unauthorized', undefined],
    [forbiddenError(PODS, 'x', 'no'), 403, 'Forbidden', 'pods "x" is forbidden: no', { name: 'x', kind: 'pods' }],
    [forbiddenError(PODS, '', 'no'), 403, 'Forbidden', 'pods is forbidden: no', { kind: 'pods' }],
    [goneError('old'), 410, 'Gone', 'old', undefined],
    [expiredError('old'), 410, 'Expired', 'old', undefined],
    [tooLargeError(10), 413, 'RequestEntityTooLarge', 'Request entity too large: limit is 10', undefined],
    [
      unsupportedMediaTypeError(['a/b', 'c/d']),
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: a/b, c/d',
      undefined,
    ],
    [notAcceptableError(['a/b']), 406, 'NotAcceptable', 'only the following media types are accepted: a/b', undefined],
    [timeoutError('slow', 3), 504, 'Timeout', 'Timeout: slow', { retryAfterSeconds: 3 }],
    [
      serverTimeoutError(PODS, 'create', 2),
      500,
      'ServerTimeout',
      'The create operation against pods could not be completed at this time, please try again.',
      { kind: 'pods', retryAfterSeconds: 2 },
    ],
    [tooManyRequestsError('later', 1), 429, 'TooManyRequests', 'later', { retryAfterSeconds: 1 }],
    [internalError('bug'), 500, 'InternalError', 'Internal error occurred: bug', { causes: [{ message: 'bug' }] }],
    [serviceUnavailableError('down'), 503, 'ServiceUnavailable', 'down', undefined],
  ])('%s', (error, code, reason, message, details) => {
    expect(error.status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      code,
      ...(details === undefined ? {} : { details }),
    });
  });

  test('an Invalid status without findings, with one, with one twice and with two', () => {
    const finding = (field: string): FieldError => ({ type: 'required', field, detail: '' });
    const message = (...errors: FieldError[]): string => invalidError(DEPLOYMENTS, 'x', errors).message;
    expect(message()).toBe('Deployment.apps "x" is invalid');
    expect(message(finding('a'))).toBe('Deployment.apps "x" is invalid: a: Required value');
    expect(message(finding('a'), finding('a'))).toBe('Deployment.apps "x" is invalid: a: Required value');
    expect(message(finding('a'), finding('b'))).toBe(
      'Deployment.apps "x" is invalid: [a: Required value, b: Required value]',
    );
  });

  test('whatever else is thrown is an internal error', () => {
    expect(statusOf(new Error('oops'))).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(statusOf(notFoundError(PODS, 'x')).code).toBe(404);
  });

  test('a finished deletion says what is gone', () => {
    expect(successStatus(DEPLOYMENTS, 'x', 'u')).toMatchObject({
      status: 'Success',
      details: { name: 'x', group: 'apps', kind: 'deployments', uid: 'u' },
    });
  });
});

test.each<[FieldError, string]>([
  [{ type: 'required', field: 'a', detail: 'why' }, 'a: Required value: why'],
  [{ type: 'invalid', field: 'a', value: 'x"y', detail: 'why' }, 'a: Invalid value: "x\\"y": why'],
  [{ type: 'invalid', field: 'a', value: undefined, detail: 'why' }, 'a: Invalid value: null: why'],
  [{ type: 'duplicate', field: 'a', value: 1, detail: '' }, 'a: Duplicate value: 1'],
  [{ type: 'forbidden', field: 'a', detail: 'why' }, 'a: Forbidden: why'],
  [{ type: 'notFound', field: 'a', value: 'x', detail: '' }, 'a: Not found: "x"'],
  [
    { type: 'tooLong', field: 'a', detail: 'may not be more than 3 bytes' },
    'a: Too long: may not be more than 3 bytes',
  ],
  [
    { type: 'tooMany', field: 'a', value: 5, detail: 'must have at most 3 items' },
    'a: Too many: 5: must have at most 3 items',
  ],
])('%j reads %s', (error, text) => {
  expect(fieldErrorText(error)).toBe(text);
});
