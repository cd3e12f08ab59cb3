// The parts of a family, all as of one revision.
import { PARTS, type Part, type Version } from '../history/operation.ts';
import type { Answer, PlainClient } from '../http.ts';
import { parseListing } from './versions.ts';

/** The collections in which a family's parts are found. */
function collectionOf(part: Part, family: string): string {
  switch (part) {
    case 'namespace':
      return `/api/v1/namespaces?fieldSelector=metadata.name%3D${family}`;
    case 'account':
      return `/api/v1/namespaces/${family}/serviceaccounts?`;
    case 'bundle':
      return `/api/v1/namespaces/${family}/configmaps?`;
  }
}

/** Lists one part now and the others as of the same revision; answers all as one listing, or the first answer that is none. */
export async function gatherParts(client: PlainClient, family: string, first: number): Promise<Answer> {
  const items: Record<string, Version> = {};
  let revision: number | undefined;
  for (let i = 0; i < PARTS.length; i += 1) {
    const part = PARTS[(first + i) % PARTS.length] ?? PARTS[0];
    const at = revision === undefined ? '' : `&resourceVersion=${revision}&resourceVersionMatch=Exact`;
    const answer = await client.send('GET', `${collectionOf(part, family)}${at}`);
    if (answer.kind !== 'answered' || answer.status !== 200) return answer;
    const listing = parseListing(answer.body);
    revision ??= listing.revision;
    const [found] = Object.entries(listing.items);
    if (found !== undefined) items[part] = { value: found[0], revision: found[1].revision ?? 0 };
  }
  return { kind: 'answered', status: 200, body: JSON.stringify({ revision, items }) };
}
