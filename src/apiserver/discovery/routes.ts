// The paths that are no resources: discovery, OpenAPI, health, version, metrics, the keys of tokens, administration.
import {
  apiGroupDocument,
  apiGroupListDocument,
  apiResourceListDocument,
  apiVersionsDocument,
  methodNotAllowedError,
  unknownPathError,
} from '../../api/index.ts';
import { createAdminRoutes } from '../admin/routes.ts';
import { ADMIN_ROOT } from '../authz/authorize.ts';
import type { ServerContext } from '../context.ts';
import { type HealthKind, healthReport } from '../health/health.ts';
import type { AppContext } from '../http/env.ts';
import { MEDIA_TYPES } from '../http/negotiate.ts';
import { respondBytes, respondJson, respondText } from '../http/respond.ts';
import { aggregatedDocuments } from './aggregated.ts';
import { respondDocument } from './document.ts';
import { openApiRoutes } from './openapi.ts';
import { versionInfo } from './version.ts';

type Route = (c: AppContext, segments: readonly string[]) => Promise<Response> | Response;

/** Answers every request that is no resource's. Throws ApiError 404 and 405. */
export function createNonResourceRoutes(server: ServerContext): (c: AppContext) => Promise<Response> {
  const routes: Readonly<Record<string, Route>> = {
    '': (c) => respondDocument(c, { paths: PATHS }),
    api: apiRoute(server),
    apis: apisRoute(server),
    openapi: openApiRoutes(server),
    version: (c) => respondBytes(c, 200, JSON.stringify(versionInfo(), null, 2), MEDIA_TYPES.json),
    livez: healthRoute(server, 'livez'),
    readyz: healthRoute(server, 'readyz'),
    healthz: healthRoute(server, 'healthz'),
    metrics: async (c) => respondText(c, 200, await server.metrics.expose()),
    '.well-known': (c, [, name]) => {
      if (name !== 'openid-configuration') throw unknownPathError();
      return respondJson(c, 200, openIdConfiguration(server));
    },
    openid: async (c, [, version, name]) => {
      if (version !== 'v1' || name !== 'jwks') throw unknownPathError();
      return respondJson(c, 200, await server.tokens.jwks());
    },
  };
  const administer = createAdminRoutes(server);
  return async (c) => {
    const segments = c
      .get('info')
      .path.split('/')
      .filter((segment) => segment !== '');
    const name = segments[0] ?? '';
    if (name === ADMIN_ROOT) return administer(c, segments);
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (route === undefined) throw unknownPathError();
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') throw methodNotAllowedError();
    return route(c, segments);
  };
}

const PATHS = [
  '/.well-known/openid-configuration',
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openid/v1/jwks',
  '/readyz',
  '/version',
];

function apiRoute(server: ServerContext): Route {
  const { registry, advertise } = server.options;
  const aggregated = aggregatedDocuments(registry, 'api');
  return (c, segments) => {
    const [, version, ...rest] = segments;
    if (rest.length > 0) throw unknownPathError();
    if (version !== undefined) return found(c, apiResourceListDocument(registry, '', version));
    return aggregated(c) ?? respondDocument(c, apiVersionsDocument(`${advertise.address}:${advertise.port}`));
  };
}

function apisRoute(server: ServerContext): Route {
  const { registry } = server.options;
  const aggregated = aggregatedDocuments(registry, 'apis');
  return (c, segments) => {
    const [, group, version, ...rest] = segments;
    if (rest.length > 0) throw unknownPathError();
    if (group === undefined) return aggregated(c) ?? respondDocument(c, apiGroupListDocument(registry));
    if (version === undefined) return found(c, apiGroupDocument(registry, group));
    return found(c, apiResourceListDocument(registry, group, version));
  };
}

function found(c: AppContext, document: object | undefined): Promise<Response> {
  if (document === undefined) throw unknownPathError();
  return respondDocument(c, document);
}

function healthRoute(server: ServerContext, kind: HealthKind): Route {
  return (c, segments) => {
    const report = healthReport(server, kind, c.get('query'), segments[1]);
    if (report === undefined) throw unknownPathError();
    return respondText(c, report.healthy ? 200 : 500, report.text);
  };
}

function openIdConfiguration(server: ServerContext): object {
  const { issuer } = server.tokens;
  return {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
