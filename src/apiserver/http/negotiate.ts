// Content negotiation: what the answer may look like, from the Accept header, as Kubernetes reads it. Pure.
import { PROTOBUF_MEDIA_TYPE } from '../../api/index.ts';

export type Encoding = 'json' | 'yaml' | 'protobuf';

/** How objects are answered. `as` is the shape: themselves, a table, or their metadata alone. */
export interface Representation {
  readonly encoding: Encoding;
  readonly as: 'object' | 'table' | 'metadata';
  /** The version of the meta.k8s.io group that `as` was asked in. */
  readonly metaVersion: 'v1' | 'v1beta1';
  /** The value of the answer's Content-Type. */
  readonly contentType: string;
  /** True: the Accept header asks for indented JSON (see pretty.ts for who else does). */
  readonly pretty?: true;
}

export const PLAIN_JSON: Representation = {
  encoding: 'json',
  as: 'object',
  metaVersion: 'v1',
  contentType: 'application/json',
};

/** What a request may be answered with. */
export interface Offer {
  /** The first is what a client gets that asks for nothing, or for anything. */
  readonly encodings: readonly Encoding[];
  /** Whether the answer may be a table, or metadata alone, instead of the object. */
  readonly table: boolean;
  readonly metadata: boolean;
  /** The answer is a stream of watch events. */
  readonly stream: boolean;
}

/** What errors and other answers of the meta kinds come in. */
export const STATUS_OFFER: Offer = {
  encodings: ['json', 'yaml', 'protobuf'],
  table: false,
  metadata: false,
  stream: false,
};

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: PROTOBUF_MEDIA_TYPE,
};

/** YAML documents cannot be told apart as they come. */
const STREAMABLE: Readonly<Record<Encoding, boolean>> = { json: true, yaml: false, protobuf: true };
const STREAM_PARAMETER = ';stream=watch';

/** What Kubernetes says it accepts, in the message of its 406. */
export function acceptedMediaTypes({ encodings, stream }: Offer): string[] {
  if (!stream) return encodings.map((encoding) => MEDIA_TYPES[encoding]);
  return encodings
    .filter((encoding) => STREAMABLE[encoding])
    .map((encoding) => `${MEDIA_TYPES[encoding]}${STREAM_PARAMETER}`);
}

interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/** The first clause (by quality, then by order) that can be served; undefined is a 406. */
export function negotiate(accept: string | null | undefined, offer: Offer): Representation | undefined {
  // Most clients ask for nothing in particular.
  if (accept === null || accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*')
    return PLAIN_JSON;
  for (const clause of parseAccept(accept)) {
    if (clause.quality === 0) continue;
    for (const encoding of offer.encodings) {
      if (!covers(clause.type, MEDIA_TYPES[encoding])) continue;
      const chosen = represent(clause.parameters, encoding, offer);
      // The choice is made as for any answer: that there is no such stream is found afterwards.
      if (chosen !== undefined) return offer.stream && !STREAMABLE[encoding] ? undefined : chosen;
    }
  }
  return undefined;
}

function covers(range: string, mediaType: string): boolean {
  return range === mediaType || range === '*/*' || range === 'application/*';
}

function represent(
  parameters: Readonly<Record<string, string>>,
  encoding: Encoding,
  offer: Offer,
): Representation | undefined {
  const { as, g: group, v: version, stream = '', sv = '' } = parameters;
  if (stream !== '' && (stream !== 'watch' || !STREAMABLE[encoding])) return undefined;
  if (sv !== '' && sv !== 'v1') return undefined;
  const pretty = parameters['pretty'] === '1' ? ({ pretty: true } as const) : {};
  const base =
    offer.stream && encoding !== 'json' ? `${MEDIA_TYPES[encoding]}${STREAM_PARAMETER}` : MEDIA_TYPES[encoding];
  if (as === undefined && group === undefined && version === undefined)
    return { encoding, as: 'object', metaVersion: 'v1', contentType: base, ...pretty };
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  // Go reads the form of protobuf from the bytes themselves, and cares for no parameters.
  const contentType = encoding === 'protobuf' ? base : `${base};as=${as ?? ''};g=meta.k8s.io;v=${version}`;
  // Tables have no messages.
  if (as === 'Table' && offer.table && encoding !== 'protobuf')
    return { encoding, as: 'table', metaVersion: version, contentType, ...pretty };
  if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && offer.metadata)
    return { encoding, as: 'metadata', metaVersion: version, contentType, ...pretty };
  return undefined;
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
      if (at > 0) parameters[pair.slice(0, at)] = unquoted(pair.slice(at + 1));
    }
    const quality = Number(parameters['q'] ?? '1');
    clauses.push({ type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 });
  }
  // Of equal quality, what is named comes before what is meant by a star.
  return clauses.sort((a, b) => b.quality - a.quality || stars(a.type) - stars(b.type));
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function stars(type: string): number {
  return type === '*/*' ? 2 : type.endsWith('/*') ? 1 : 0;
}
