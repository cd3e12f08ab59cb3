// What a request on a resource may be answered with, before the client's Accept header chooses from it.
import { groupVersion, hasMessage, type ResourceDefinition } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import type { Offer } from '../http/negotiate.ts';
import type { ResourceRequest } from '../request-info/parse.ts';

interface Offers {
  readonly object: Offer;
  readonly stream: Offer;
  readonly scale: Offer;
  /** Subresources that speak a kind of their own, or answer a Status. */
  readonly other: Offer;
}

const offersOf = oncePer((definition: ResourceDefinition): Offers => {
  const inProtobuf = hasMessage(groupVersion(definition.group, definition.version), definition.kind);
  const encodings: Offer['encodings'] = inProtobuf ? ['json', 'yaml', 'protobuf'] : ['json', 'yaml'];
  // What can only be asked (reviews, bindings) has no columns.
  const hasColumns = definition.verbs.includes('get') || definition.verbs.includes('list');
  const object: Offer = { encodings, table: hasColumns, metadata: true, stream: false };
  const other = { ...object, table: false, metadata: false };
  return { object, stream: { ...object, stream: true }, scale: { ...other, table: true }, other };
});

export function offerOf(definition: ResourceDefinition, { verb, subresource }: ResourceRequest): Offer {
  const offers = offersOf(definition);
  if (verb === 'watch') return offers.stream;
  if (subresource === '' || subresource === 'status') return offers.object;
  return subresource === 'scale' ? offers.scale : offers.other;
}
