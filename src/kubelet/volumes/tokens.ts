// Service account tokens for pods, bound to the pod, asked for through TokenRequest and renewed before they expire.
import type { Pod, Served, TokenRequest } from '../../api/index.ts';
import { type ApiClient, SERVICE_ACCOUNTS } from '../../client/index.ts';
import type { Clock } from '../../lib/index.ts';
import { TOKEN_DEFAULT_SECONDS, TOKEN_REFRESH_AGE_MS, TOKEN_REFRESH_SHARE } from '../limits.ts';

interface Token {
  readonly text: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export interface TokenWish {
  readonly audience: string | undefined;
  readonly expirationSeconds: number | undefined;
}

export interface TokenSource {
  /** A token that is good for a while. A renewal that fails answers the old one as long as it lives. */
  token(pod: Served<Pod>, wish: TokenWish): Promise<string>;
  forget(podUid: string): void;
}

export function tokenSource(client: ApiClient, clock: Clock): TokenSource {
  const tokens = new Map<string, Token>();
  const due = ({ issuedAtMs, expiresAtMs }: Token): boolean => {
    const life = (expiresAtMs - issuedAtMs) * TOKEN_REFRESH_SHARE;
    return clock.now() >= issuedAtMs + Math.min(life, TOKEN_REFRESH_AGE_MS);
  };
  return {
    async token(pod, wish) {
      const key = `${pod.metadata.uid}|${wish.audience ?? ''}|${wish.expirationSeconds ?? ''}`;
      const known = tokens.get(key);
      if (known !== undefined && !due(known)) return known.text;
      try {
        const fresh = await request(client, clock, pod, wish);
        tokens.set(key, fresh);
        return fresh.text;
      } catch (error) {
        if (known !== undefined && known.expiresAtMs > clock.now()) return known.text;
        throw error;
      }
    },
    forget(podUid) {
      for (const key of tokens.keys()) if (key.startsWith(`${podUid}|`)) tokens.delete(key);
    },
  };
}

async function request(client: ApiClient, clock: Clock, pod: Served<Pod>, wish: TokenWish): Promise<Token> {
  const namespace = pod.metadata.namespace ?? '';
  const name = pod.spec?.serviceAccountName ?? 'default';
  const { name: podName, uid } = pod.metadata;
  const body: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: {
      audiences: wish.audience === undefined || wish.audience === '' ? [] : [wish.audience],
      expirationSeconds: wish.expirationSeconds ?? TOKEN_DEFAULT_SECONDS,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: podName, uid },
    },
  };
  const answer = await client.createSubresource<TokenRequest, TokenRequest>(
    SERVICE_ACCOUNTS,
    { namespace, name },
    'token',
    body,
  );
  const issuedAtMs = clock.now();
  const expiry = Date.parse(answer.status?.expirationTimestamp ?? '');
  const expiresAtMs = Number.isNaN(expiry) ? issuedAtMs + TOKEN_DEFAULT_SECONDS * 1_000 : expiry;
  return { text: answer.status?.token ?? '', issuedAtMs, expiresAtMs };
}
