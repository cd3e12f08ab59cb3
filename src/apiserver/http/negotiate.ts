// Content negotiation: what the answer may look like, from the Accept header. Pure.

/** How objects are answered. `as` is the shape: themselves, a table, or their metadata alone. */
export interface Representation {
  readonly encoding: 'json' | 'yaml';
  readonly as: 'object' | 'table' | 'metadata';
  /** The version of the meta.k8s.io group that `as` was asked in. */
  readonly metaVersion: 'v1' | 'v1beta1';
  /** The value of the answer's Content-Type. */
  readonly contentType: string;
}

export const PLAIN_JSON: Representation = {
  encoding: 'json',
  as: 'object',
  metaVersion: 'v1',
  contentType: 'application/json',
};

/** What Kubernetes says it accepts, in the message of its 406. */
export const ACCEPTED_MEDIA_TYPES = 'application/json, application/yaml';

interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/**
 * The first clause (by quality, then by order) that can be served; undefined is a 406. `shapes` says whether the
 * request may be answered as Table and PartialObjectMetadata at all.
 */
export function negotiate(accept: string | null | undefined, shapes: boolean): Representation | undefined {
  if (accept === null || accept === undefined || accept === '') return PLAIN_JSON;
  // What kubectl get sends is known by heart; so is what plain clients send.
  if (accept === 'application/json' || accept === '*/*') return PLAIN_JSON;
  for (const clause of parseAccept(accept)) {
    const chosen = represent(clause, shapes);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

function represent(clause: Clause, shapes: boolean): Representation | undefined {
  const encoding = encodingOf(clause.type);
  if (encoding === undefined || clause.quality === 0) return undefined;
  const base = encoding === 'json' ? 'application/json' : 'application/yaml';
  const as = clause.parameters['as'];
  if (as === undefined) return { ...PLAIN_JSON, encoding, contentType: base };
  const version = clause.parameters['v'];
  if (!shapes || clause.parameters['g'] !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1'))
    return undefined;
  const contentType = `${base};as=${as};g=meta.k8s.io;v=${version}`;
  if (as === 'Table') return { encoding, as: 'table', metaVersion: version, contentType };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return { encoding, as: 'metadata', metaVersion: version, contentType };
  return undefined;
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

/** The clauses of an Accept header, the best first; those that are no media ranges are left out. */
export function parseAccept(accept: string): Clause[] {
  const clauses: Clause[] = [];
  for (const text of accept.split(',')) {
    const [type, ...rest] = text.split(';').map((part) => part.trim());
    if (type === undefined || !type.includes('/')) continue;
    const parameters: Record<string, string> = Object.create(null);
    for (const pair of rest) {
      const at = pair.indexOf('=');
      if (at > 0) parameters[pair.slice(0, at)] = pair.slice(at + 1);
    }
    const quality = Number(parameters['q'] ?? '1');
    clauses.push({ type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 });
  }
  return clauses.sort((a, b) => b.quality - a.quality);
}
