// Reads the published models as files: the type map of a class (names, types, formats) from its .js, the documentation
// from its .d.ts. The package's entry is never imported (it needs a newer Node.js than we promise).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ModelField {
  /** As on the wire. */
  readonly name: string;
  /** In TypeScript's words: `Array<V1Container>`, `{ [key: string]: string; }`, `Date`. */
  readonly type: string;
  readonly format: string;
  readonly description: string;
}

export interface Model {
  readonly description: string;
  readonly fields: readonly ModelField[];
}

export interface ModelReader {
  has(className: string): boolean;
  /** Throws when the class or its type map is not there: the package changed its form. */
  read(className: string): Model;
}

export function openModels(root: string): ModelReader {
  const folder = join(root, 'node_modules/kubernetes-models/dist/gen/models');
  return {
    has: (className) => existsSync(join(folder, `${className}.js`)),
    read(className) {
      const code = readFileSync(join(folder, `${className}.js`), 'utf8');
      const map = /\.attributeTypeMap = (\[[\s\S]*?\n\]|\[\]);/.exec(code)?.[1];
      if (map === undefined) throw new Error(`no type map in ${className}.js of kubernetes-models`);
      const docs = documentationOf(readFileSync(join(folder, `${className}.d.ts`), 'utf8'));
      const rows = JSON.parse(map) as { name: string; baseName: string; type: string; format: string }[];
      const fields = rows.map((row) => ({
        name: row.baseName,
        type: row.type,
        format: row.format,
        description: docs.get(row.name) ?? '',
      }));
      return { description: docs.get('') ?? '', fields };
    },
  };
}

/** Descriptions by property; '' is the class. */
function documentationOf(declaration: string): Map<string, string> {
  const docs = new Map<string, string>();
  const pattern = /\/\*\*\n((?:[ \t]*\*(?!\/).*\n)+)[ \t]*\*\/\n[ \t]*(?:export declare class \w+|'([^']+)'\??:)/g;
  for (const match of declaration.matchAll(pattern)) {
    const text = (match[1] ?? '')
      .split('\n')
      .map((line) => line.replace(/^[ \t]*\* ?/, ''))
      .join('\n')
      .trim();
    docs.set(match[2] ?? '', text.replaceAll(/\\(['"])/g, '$1'));
  }
  return docs;
}
