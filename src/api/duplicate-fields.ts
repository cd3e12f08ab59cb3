// Finds fields that are written twice in a JSON text, which JSON.parse cannot tell. Only run on texts that are valid and
// known to have some, so it may be slow but never wrong.
import { joinPath } from './json.ts';
import { STRICT_FINDINGS_LIMIT } from './limits.ts';

/** Paths such as `spec.replicas`, each once, in the order they are met; as many as are told of. `text` is valid JSON. */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>();
  let at = 0;

  const skipSpace = (): void => {
    while (/[\s,:]/.test(text.charAt(at))) at++;
  };
  const readString = (): string => {
    const start = at;
    at++;
    while (text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
    at++;
    return JSON.parse(text.slice(start, at)) as string;
  };
  const readValue = (path: string): void => {
    skipSpace();
    const char = text.charAt(at);
    if (char === '{') readObject(path);
    else if (char === '[') readList(path);
    else if (char === '"') readString();
    else while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at++;
  };
  const readObject = (path: string): void => {
    const seen = new Set<string>();
    at++;
    for (skipSpace(); text.charAt(at) !== '}'; skipSpace()) {
      const key = readString();
      const inner = joinPath(path, key);
      if (seen.has(key) && found.size < STRICT_FINDINGS_LIMIT) found.add(inner);
      seen.add(key);
      readValue(inner);
    }
    at++;
  };
  const readList = (path: string): void => {
    at++;
    let index = 0;
    for (skipSpace(); text.charAt(at) !== ']'; skipSpace()) {
      readValue(joinPath(path, `[${index}]`));
      index++;
    }
    at++;
  };
  readValue('');
  return [...found];
}
