// Service-account tokens: ES256 JWTs with Kubernetes' claims. This file signs and checks them; whether the account and
// the pod they are bound to still exist is asked of the store by authenticate.ts.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { type Clock, UserError } from '../../lib/index.ts';

export const DEFAULT_ISSUER = 'https://kubernetes.default.svc';

/** An object a token is bound to: the token dies with it. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
}

export interface ServiceAccountIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly bound: BoundObject | undefined;
  readonly node: { readonly name: string; readonly uid: string } | undefined;
  /** The `jti` claim. */
  readonly tokenId: string;
  readonly expiresAtMs: number;
}

export interface TokenSubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly bound: BoundObject | undefined;
  readonly node?: { readonly name: string; readonly uid: string } | undefined;
}

export interface TokenAuthority {
  readonly issuer: string;
  /** The audience of tokens that are for this API. */
  readonly audience: string;
  /** Throws UserError when no private key was given. */
  sign(subject: TokenSubject, audiences: readonly string[], seconds: number): Promise<string>;
  /** Undefined unless the token is ours, valid now, and for this API. */
  verify(token: string): Promise<ServiceAccountIdentity | undefined>;
  /** The public keys, for /openid/v1/jwks. */
  jwks(): Promise<{ keys: JWK[] }>;
}

interface SigningKey {
  readonly id: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject | undefined;
}

export function createTokenAuthority(options: {
  readonly keys: readonly string[];
  readonly issuer: string | undefined;
  readonly clock: Clock;
}): TokenAuthority {
  const issuer = options.issuer ?? DEFAULT_ISSUER;
  const audience = issuer;
  const keys = options.keys.map(readKey);
  const byId = new Map(keys.map((key) => [key.id, key.publicKey]));

  return {
    issuer,
    audience,
    async sign(subject, audiences, seconds) {
      const key = keys.find((candidate) => candidate.privateKey !== undefined);
      if (key?.privateKey === undefined)
        throw new UserError('this server has no key to sign service-account tokens', 'Start it with a private key.');
      const nowSeconds = Math.floor(options.clock.now() / 1000);
      return new SignJWT(claimsOf(subject))
        .setProtectedHeader({ alg: 'ES256', kid: key.id })
        .setIssuer(issuer)
        .setSubject(`system:serviceaccount:${subject.namespace}:${subject.name}`)
        .setAudience([...audiences])
        .setIssuedAt(nowSeconds)
        .setNotBefore(nowSeconds)
        .setExpirationTime(nowSeconds + seconds)
        .setJti(randomUUID())
        .sign(key.privateKey);
    },
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, (header) => lookUp(byId, header.kid), {
          algorithms: ['ES256'],
          issuer,
          audience,
          currentDate: new Date(options.clock.now()),
          requiredClaims: ['sub', 'exp'],
        });
        return identityOf(payload);
      } catch {
        // Not told apart: whoever forges a token learns nothing about why it failed.
        return undefined;
      }
    },
    async jwks() {
      const exported = await Promise.all(keys.map((key) => exportJWK(key.publicKey)));
      return { keys: exported.map((jwk, at) => ({ ...jwk, kid: keys[at]?.id ?? '', alg: 'ES256', use: 'sig' })) };
    },
  };
}

function lookUp(byId: ReadonlyMap<string, KeyObject>, id: string | undefined): KeyObject {
  const key = id === undefined ? undefined : byId.get(id);
  if (key === undefined) throw new Error('no such key');
  return key;
}

function readKey(pem: string): SigningKey {
  const isPrivate = pem.includes('PRIVATE KEY');
  const privateKey = isPrivate ? createPrivateKey(pem) : undefined;
  const publicKey = createPublicKey(privateKey ?? pem);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { id: createHash('sha256').update(der).digest('base64url'), publicKey, privateKey };
}

function claimsOf(subject: TokenSubject): JWTPayload {
  const claims: Record<string, unknown> = {
    namespace: subject.namespace,
    serviceaccount: { name: subject.name, uid: subject.uid },
  };
  if (subject.bound !== undefined)
    claims[subject.bound.kind.toLowerCase()] = { name: subject.bound.name, uid: subject.bound.uid };
  if (subject.node !== undefined) claims['node'] = subject.node;
  return { 'kubernetes.io': claims };
}

function identityOf(payload: JWTPayload): ServiceAccountIdentity | undefined {
  const claims = record(payload['kubernetes.io']);
  const account = named(claims?.['serviceaccount']);
  const namespace = claims?.['namespace'];
  if (claims === undefined || account === undefined || typeof namespace !== 'string') return undefined;
  if (payload.sub !== `system:serviceaccount:${namespace}:${account.name}`) return undefined;
  const pod = named(claims['pod']);
  const secret = named(claims['secret']);
  const node = named(claims['node']);
  const bound: BoundObject | undefined =
    pod !== undefined
      ? { kind: 'Pod', ...pod }
      : secret !== undefined
        ? { kind: 'Secret', ...secret }
        : node !== undefined
          ? { kind: 'Node', ...node }
          : undefined;
  return {
    namespace,
    ...account,
    bound,
    node,
    tokenId: payload.jti ?? '',
    expiresAtMs: (payload.exp ?? 0) * 1000,
  };
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function named(value: unknown): { name: string; uid: string } | undefined {
  const object = record(value);
  const name = object?.['name'];
  const uid = object?.['uid'];
  return typeof name === 'string' && typeof uid === 'string' ? { name, uid } : undefined;
}
