// OpenAPI v2 and v3. Documents are generated once, when first asked for; v3 documents are named by their hash, so that
// clients and proxies may keep them for good.
import {
  apiSchema,
  notAcceptableError,
  OPENAPI_V2_PROTOBUF_MEDIA_TYPE,
  openApiV2,
  openApiV2Protobuf,
  openApiV3,
  openApiV3Hash,
  openApiV3Index,
  unknownPathError,
} from '../../api/index.ts';
import type { ServerContext } from '../context.ts';
import type { AppContext } from '../http/env.ts';
import { parseAccept } from '../http/negotiate.ts';
import { addHeader, respondBytes } from '../http/respond.ts';
import { type EncodedDocument, encodeDocument, respondDocument, respondTagged } from './document.ts';
import { GIT_VERSION } from './version.ts';

const JSON_TYPE = 'application/json';
/** A document named by its hash never changes. */
const IMMUTABLE = 'public, immutable, max-age=31536000';
/** How clients spell the protobuf form; both spellings are in use. */
const PROTOBUF_ASKED = /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/;

export function openApiRoutes(
  server: ServerContext,
): (c: AppContext, segments: readonly string[]) => Promise<Response> {
  const { registry } = server.options;
  const v3 = new Map<string, Promise<EncodedDocument | undefined>>();
  let v2: Promise<{ json: EncodedDocument; protobuf: Uint8Array }> | undefined;

  const document = (group: string, version: string): Promise<EncodedDocument | undefined> => {
    const key = `${group}/${version}`;
    const made = v3.get(key) ?? makeV3(server, group, version);
    if (!v3.has(key) && registry.groups().some(({ name, versions }) => name === group && versions.includes(version)))
      v3.set(key, made);
    return made;
  };
  return async (c, [, version, root, ...rest]) => {
    if (version === 'v2' && root === undefined) {
      v2 ??= makeV2(server);
      return respondV2(c, await v2);
    }
    if (version !== 'v3') throw unknownPathError();
    if (root === undefined) return respondDocument(c, openApiV3Index(registry, apiSchema()));
    const [group, name] = root === 'api' ? ['', rest[0]] : [rest[0], rest[1]];
    const depth = root === 'api' ? 1 : 2;
    if (group === undefined || name === undefined || rest.length !== depth) throw unknownPathError();
    const found = await document(group, name);
    if (found === undefined) throw unknownPathError();
    return respondV3(c, found);
  };
}

async function makeV2(server: ServerContext): Promise<{ json: EncodedDocument; protobuf: Uint8Array }> {
  const document = await openApiV2(server.options.registry, apiSchema(), GIT_VERSION);
  return { json: encodeDocument(document), protobuf: openApiV2Protobuf(document) };
}

async function makeV3(server: ServerContext, group: string, version: string): Promise<EncodedDocument | undefined> {
  const { registry } = server.options;
  const document = await openApiV3(registry, apiSchema(), group, version, GIT_VERSION);
  if (document === undefined) return undefined;
  return { json: JSON.stringify(document), hash: openApiV3Hash(registry, apiSchema(), group, version) };
}

function respondV2(c: AppContext, made: { json: EncodedDocument; protobuf: Uint8Array }): Promise<Response> {
  const accept = c.req.header('accept') ?? '';
  if (accept === '') return respondTagged(c, made.json, JSON_TYPE);
  for (const { type } of parseAccept(accept)) {
    if (type === JSON_TYPE || type === '*/*' || type === 'application/*') return respondTagged(c, made.json, JSON_TYPE);
    if (!PROTOBUF_ASKED.test(type)) continue;
    addHeader(c, 'etag', `"${made.json.hash}-protobuf"`);
    return respondBytes(c, 200, made.protobuf, OPENAPI_V2_PROTOBUF_MEDIA_TYPE);
  }
  throw notAcceptableError([JSON_TYPE]);
}

function respondV3(c: AppContext, found: EncodedDocument): Promise<Response> {
  const named = c.get('query').get('hash');
  if (named !== null && named !== found.hash) {
    // An older name: the client is sent to the one that is current.
    const path = c.get('info').path;
    return Promise.resolve(c.redirect(`${path}?hash=${found.hash}`, 301));
  }
  return respondTagged(c, found, JSON_TYPE, named === null ? undefined : IMMUTABLE);
}
