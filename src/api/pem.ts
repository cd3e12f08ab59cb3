// PEM text (RFC 7468): the blocks that it holds, in order, with whatever stands between them left out.

export interface PemBlock {
  readonly type: string;
  /** RFC 1421 headers precede the base64. */
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';

/** Blocks that do not end, or hold no base64, are passed over, as Go's decoder does. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let at = text.indexOf(BEGIN);
  // Kept while it lies ahead: looking for it anew from each BEGIN would be quadratic.
  let end = text.indexOf(END);
  while (at !== -1) {
    const typeEnd = text.indexOf(DASHES, at + BEGIN.length);
    if (typeEnd === -1) break;
    const type = text.slice(at + BEGIN.length, typeEnd);
    const bodyStart = typeEnd + DASHES.length;
    while (end !== -1 && end < bodyStart) end = text.indexOf(END, end + END.length);
    if (end === -1) break;
    if (type.includes('\n') || !text.startsWith(`${type}${DASHES}`, end + END.length)) {
      at = text.indexOf(BEGIN, at + BEGIN.length);
      continue;
    }
    const body = text.slice(bodyStart, end);
    const block = blockOf(type, body);
    if (block !== undefined) blocks.push(block);
    at = text.indexOf(BEGIN, end);
  }
  return blocks;
}

function blockOf(type: string, body: string): PemBlock | undefined {
  const lines = body.split('\n').map((line) => line.trim());
  const base64 = lines.filter((line) => !line.includes(':')).join('');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return undefined;
  return { type, hasHeaders: lines.some((line) => line.includes(':')), bytes: Buffer.from(base64, 'base64') };
}
