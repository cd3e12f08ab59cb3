// A short, deterministic hash for names. Not for security: whoever relies on it must bear a collision.

/** FNV-1a, 32 bits (RFC 9923), over UTF-8. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
