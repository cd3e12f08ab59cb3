// Files that others read while they are replaced: components watch their configurations, kubectl reads the kubeconfig.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step, and only when it says something new. Its owner alone may read it. */
export function replaceFile(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
