// OpenAPI v2 and v3.
import { unknownPathError } from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import type { AppContext } from '../http/env.ts';

export function openApiRoutes(_server: ServerContext): (c: AppContext, segments: readonly string[]) => Promise<Response> {
  return () => {
    throw unknownPathError();
  };
}
