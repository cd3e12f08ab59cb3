// Docker's streams: output multiplexed in frames (8 bytes of header, the length in its last four), and lines of JSON.
import { RUNTIME_EVENT_LIMIT_BYTES } from '../../limits.ts';

const HEADER_BYTES = 8;

/** The payloads of a multiplexed stream in their order, standard output and error together. */
export async function* frames(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, Buffer.from(chunk)]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield rest.subarray(HEADER_BYTES, end);
      rest = rest.subarray(end);
    }
  }
}

/** One value for each line; a line over the limit ends the stream with an error. */
export async function* jsonLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of stream) {
    rest += chunk.toString();
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > RUNTIME_EVENT_LIMIT_BYTES) throw new Error('Docker sent an event without end');
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
}
