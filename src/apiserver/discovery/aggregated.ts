// Aggregated discovery: all groups or the core group in one document, for clients whose Accept header asks for it.
import {
  type AggregatedVersion,
  type ApiRegistry,
  aggregatedDiscoveryDocument,
  aggregatedMediaType,
} from '../../api/index.ts';
import type { AppContext } from '../http/env.ts';
import { parseAccept } from '../http/negotiate.ts';
import { asksPretty, indented } from '../http/pretty.ts';
import { type EncodedDocument, encodeDocument, respondTagged } from './document.ts';

/** Answers when the first acceptable form is an aggregated one; undefined leaves the legacy form. */
export function aggregatedDocuments(
  registry: ApiRegistry,
  root: 'api' | 'apis',
): (c: AppContext) => Promise<Response> | undefined {
  const made = new Map<AggregatedVersion, EncodedDocument>();
  return (c) => {
    const version = wanted(c.req.header('accept') ?? '');
    if (version === undefined) return undefined;
    const document = made.get(version) ?? encodeDocument(aggregatedDiscoveryDocument(registry, root, version));
    made.set(version, document);
    const shown = asksPretty(c) ? { ...document, json: indented(document.json).toString('utf8') } : document;
    return respondTagged(c, shown, aggregatedMediaType(version));
  };
}

function wanted(accept: string): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    if (type !== 'application/json' && type !== '*/*') continue;
    if (parameters['g'] === undefined) return undefined;
    const version = parameters['v'];
    const aggregated = parameters['g'] === 'apidiscovery.k8s.io' && parameters['as'] === 'APIGroupDiscoveryList';
    if (aggregated && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
}
