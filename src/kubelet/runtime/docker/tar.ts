// A tar archive of a few small files, enough for `docker import` (POSIX ustar). Reproducible: times and owners are zero.

export interface TarEntry {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array | { readonly linkTo: string } | 'directory';
}

const BLOCK_BYTES = 512;

/** The whole archive. Paths and link targets are at most 100 bytes long. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    const content = entry.content instanceof Uint8Array ? entry.content : new Uint8Array(0);
    blocks.push(header(entry, content.length), Buffer.from(content));
    const rest = content.length % BLOCK_BYTES;
    if (rest > 0) blocks.push(Buffer.alloc(BLOCK_BYTES - rest));
  }
  blocks.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(blocks);
}

function header(entry: TarEntry, size: number): Buffer {
  const link = typeof entry.content === 'object' && 'linkTo' in entry.content ? entry.content.linkTo : '';
  if (Buffer.byteLength(entry.path) > 100 || Buffer.byteLength(link) > 100) {
    throw new RangeError(`${entry.path} is too long for a tar header`);
  }
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, offset: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, offset, 'latin1');
  };
  block.write(entry.path, 0);
  octal(entry.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write(entry.content === 'directory' ? '5' : link === '' ? '0' : '2', 156, 'latin1');
  block.write(link, 157);
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
