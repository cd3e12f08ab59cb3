// Names that the server makes: metadata.generateName plus a suffix of letters and digits which cannot spell words
// (no vowels, no 0, 1, 3), as Kubernetes' names do. The randomness is the caller's.

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
export const GENERATED_SUFFIX_LENGTH = 5;
/** The longest prefix kept, so that prefix and suffix fit a label (63 characters). */
export const GENERATED_PREFIX_LIMIT = 63 - GENERATED_SUFFIX_LENGTH;

/** `length` characters of the safe alphabet; `random` gives 32 random bits per call. */
export function safeSuffix(length: number, random: () => number): string {
  let suffix = '';
  for (let index = 0; index < length; index++) suffix += ALPHABET[random() % ALPHABET.length];
  return suffix;
}

/** A name that begins with `prefix` (cut to 58 characters). */
export function generateName(prefix: string, random: () => number): string {
  return prefix.slice(0, GENERATED_PREFIX_LIMIT) + safeSuffix(GENERATED_SUFFIX_LENGTH, random);
}

/** Maps the characters of any text (such as a hash in decimal) to the safe alphabet: Kubernetes' SafeEncodeString. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let index = 0; index < text.length; index++) encoded += ALPHABET[text.charCodeAt(index) % ALPHABET.length];
  return encoded;
}
