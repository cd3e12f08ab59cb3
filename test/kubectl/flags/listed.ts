// The tables of docs/kubectl-flags: what no transcript covers, as rows of verbs, flags and the reason. A verb's cell names verbs,
// `create *` (each below create) or `all`; a flag's names flags, or `all` for a verb that has no transcript at all.

export interface ListedRow {
  /** Such as `create.md:12`. */
  readonly where: string;
  readonly verbs: readonly string[];
  /** Without dashes. */
  readonly flags: readonly string[] | 'all';
}

/** The rows of the tables of a page whose columns are verb, flag and reason. Throws with the place of a row that it cannot read. */
export function parseListed(page: string, text: string): readonly ListedRow[] {
  const rows: ListedRow[] = [];
  let isTable = false;
  for (const [at, line] of text.split('\n').entries()) {
    if (!line.startsWith('|')) {
      isTable = false;
      continue;
    }
    const cells = line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim());
    if (cells.join() === 'verb,flag,reason') isTable = true;
    else if (isTable && !/^-+$/.test(cells[0] ?? '')) rows.push(rowOf(cells, `${page}:${at + 1}`));
  }
  return rows;
}

function rowOf([verbs = '', flags = '', reason = '']: readonly string[], where: string): ListedRow {
  if (reason === '') throw new Error(`${where}: no reason is given`);
  return { where, verbs: verbs.split(', ').map((verb) => verbOf(verb, where)), flags: flagsOf(flags, where) };
}

function verbOf(cell: string, where: string): string {
  const verb = /^`?([a-z][a-z -]*?(?: \*)?)`?$/.exec(cell)?.[1];
  if (verb === undefined) throw new Error(`${where}: not the name of a verb: ${cell}`);
  return verb;
}

function flagsOf(cell: string, where: string): ListedRow['flags'] {
  if (cell === 'all') return 'all';
  return cell.split(', ').map((flag) => {
    const name = /^`--([a-z0-9-]+)`$/.exec(flag)?.[1];
    if (name === undefined) throw new Error(`${where}: not a flag: ${flag}`);
    return name;
  });
}

/** Whether a verb of a row means the verb at `path`. */
export function isMeant(verb: string, path: string): boolean {
  if (verb === 'all') return true;
  return verb.endsWith(' *') ? path.startsWith(verb.slice(0, -1)) : verb === path;
}
