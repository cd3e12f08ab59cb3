// Who is asking: the client certificate of the connection, else a bearer token, else nobody. The first that is there
// decides; one that does not hold is an error, never a fall-back to anonymous.
import { createHash } from 'node:crypto';
import { isJsonObject, unauthorizedError } from '../../api/index.ts';
import type { CancelSignal } from '../../lib/index.ts';
import { type ObjectStore, type Snapshot, storeKey } from '../../store/index.ts';
import { TOKEN_CACHE_ENTRIES, TOKEN_CACHE_MS } from '../limits.ts';
import type { ApiServerOptions, UserInfo } from '../options.ts';
import { fromStored } from '../storage/codec.ts';
import { certificateIdentity } from './certificate.ts';
import type { ServiceAccountIdentity, TokenAuthority } from './service-account-tokens.ts';
import {
  ANONYMOUS,
  authenticated,
  CREDENTIAL_ID,
  INSECURE,
  SERVICE_ACCOUNTS_GROUP,
  serviceAccountUserName,
} from './users.ts';

export interface Credentials {
  readonly socket: object | undefined;
  readonly authorization: string | undefined;
  /** The Sec-WebSocket-Protocol header: browsers can send a token nowhere else. */
  readonly webSocketProtocols: string | undefined;
}

export interface Authenticator {
  /** Throws ApiError 401 for credentials that do not hold. */
  authenticate(credentials: Credentials, signal: CancelSignal): Promise<UserInfo>;
  /** The user of a bearer token; undefined when it does not hold. */
  review(token: string, signal: CancelSignal): Promise<UserInfo | undefined>;
}

const WEBSOCKET_TOKEN_PREFIX = 'base64url.bearer.authorization.k8s.io.';

export function createAuthenticator(options: ApiServerOptions, tokens: TokenAuthority): Authenticator {
  // Tokens are looked up by their hash, so that the time a comparison takes tells nothing.
  const statics = new Map<string, UserInfo>();
  for (const [token, user] of options.authentication.staticTokens ?? [])
    statics.set(digest(token), authenticated(user));
  const accounts = serviceAccountCache(options, tokens);
  const review = async (token: string, signal: CancelSignal): Promise<UserInfo | undefined> => {
    const hash = digest(token);
    return statics.get(hash) ?? accounts(token, hash, signal);
  };
  if (options.authentication.insecure === true) return { authenticate: async () => INSECURE, review };
  return {
    review,
    async authenticate(credentials, signal) {
      const certificate = certificateIdentity(credentials.socket);
      if (certificate.kind === 'invalid') throw unauthorizedError();
      if (certificate.kind === 'user') return authenticated(certificate.user);
      const token = bearerToken(credentials);
      if (token === undefined) return ANONYMOUS;
      const user = await review(token, signal);
      if (user === undefined) throw unauthorizedError();
      return user;
    },
  };
}

function bearerToken(credentials: Credentials): string | undefined {
  const header = credentials.authorization;
  if (header !== undefined) {
    const match = /^Bearer +([^\s]+)$/i.exec(header);
    // Another scheme proves nothing here; a Bearer without a token is a mistake.
    if (match?.[1] !== undefined) return match[1];
    if (/^Bearer\b/i.test(header)) throw unauthorizedError();
    return undefined;
  }
  for (const protocol of (credentials.webSocketProtocols ?? '').split(',')) {
    const name = protocol.trim();
    if (name.startsWith(WEBSOCKET_TOKEN_PREFIX))
      return Buffer.from(name.slice(WEBSOCKET_TOKEN_PREFIX.length), 'base64url').toString('utf8');
  }
  return undefined;
}

/** Verifies a token, and remembers for TOKEN_CACHE_MS that it held. */
function serviceAccountCache(
  options: ApiServerOptions,
  tokens: TokenAuthority,
): (token: string, hash: string, signal: CancelSignal) => Promise<UserInfo | undefined> {
  const { clock, store } = options;
  const cache = new Map<string, { readonly user: UserInfo; readonly untilMs: number }>();
  return async (token, hash, signal) => {
    const nowMs = clock.now();
    const cached = cache.get(hash);
    if (cached !== undefined && cached.untilMs > nowMs) return cached.user;
    cache.delete(hash);
    const identity = await tokens.verify(token);
    if (identity === undefined || !(await stillThere(store, identity, signal))) return undefined;
    const user = userOf(identity);
    if (cache.size >= TOKEN_CACHE_ENTRIES) cache.delete(cache.keys().next().value ?? '');
    cache.set(hash, { user, untilMs: Math.min(nowMs + TOKEN_CACHE_MS, identity.expiresAtMs) });
    return user;
  };
}

/** A token dies with its account and with the object it is bound to. Absence is believed only of current state. */
async function stillThere(
  store: ObjectStore,
  identity: ServiceAccountIdentity,
  signal: CancelSignal,
): Promise<boolean> {
  if (exists(store.snapshot(), identity)) return true;
  await store.readBarrier(signal);
  return exists(store.snapshot(), identity);
}

function exists(snapshot: Snapshot, identity: ServiceAccountIdentity): boolean {
  const { namespace, name, uid, bound } = identity;
  if (!hasUid(snapshot, 'serviceaccounts', namespace, name, uid)) return false;
  if (bound === undefined) return true;
  const resource = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[bound.kind];
  return hasUid(snapshot, resource, bound.kind === 'Node' ? '' : namespace, bound.name, bound.uid);
}

function hasUid(snapshot: Snapshot, resource: string, namespace: string, name: string, uid: string): boolean {
  const stored = snapshot.get(storeKey(resource, namespace, name));
  if (stored === undefined) return false;
  const object = fromStored(stored);
  return isJsonObject(object.metadata) && object.metadata['uid'] === uid;
}

function userOf(identity: ServiceAccountIdentity): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (identity.tokenId !== '') extra[CREDENTIAL_ID] = [`JTI=${identity.tokenId}`];
  if (identity.bound?.kind === 'Pod') {
    extra['authentication.kubernetes.io/pod-name'] = [identity.bound.name];
    extra['authentication.kubernetes.io/pod-uid'] = [identity.bound.uid];
  }
  if (identity.node !== undefined) extra['authentication.kubernetes.io/node-name'] = [identity.node.name];
  return authenticated({
    name: serviceAccountUserName(identity.namespace, identity.name),
    uid: identity.uid,
    groups: [SERVICE_ACCOUNTS_GROUP, `${SERVICE_ACCOUNTS_GROUP}:${identity.namespace}`],
    extra,
  });
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
