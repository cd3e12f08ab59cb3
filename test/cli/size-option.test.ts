// Sizes on the command line, written as Kubernetes writes quantities.
import { describe, expect, it } from 'vitest';
import { sizeInBytes } from '../../src/cli/size-option.ts';
import { UserError } from '../../src/lib/index.ts';

describe('a size on the command line', () => {
  it.each([
    ['67108864', 67_108_864],
    ['64Mi', 67_108_864],
    ['1Gi', 1_073_741_824],
    ['500M', 500_000_000],
    ['1.5Gi', 1_610_612_736],
    ['0', 0],
  ])('%s is %d bytes', (text, bytes) => {
    expect(sizeInBytes('--disk-reserve', text)).toBe(bytes);
  });

  it.each(['', '64 Mi', '64mb', 'lots', '-64Mi', '100m', '1.5'])(
    '%j is refused by name, with the forms there are',
    (text) => {
      const attempt = (): number => sizeInBytes('--disk-reserve', text);
      expect(attempt).toThrow(UserError);
      expect(attempt).toThrow(`--disk-reserve is ${JSON.stringify(text)}, which is not a size`);
    },
  );
});
