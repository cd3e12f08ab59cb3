// The form of transcripts, and what counts as printed as expected.
import { describe, expect, it } from 'vitest';
import { matches } from './match.ts';
import { parseTranscript } from './transcript.ts';

const TEXT = `# About pods.
## A pod is made
source: the documentation of kubectl run
since: 1.28
until: 1.30
alone
file pod.yaml
kind: Pod

end
$ kubectl create \\
    -f pod.yaml
pod/a created
! Warning: told twice
exit 3
until $ kubectl get pods

## Another
source: here
ignore $ true
`;

describe('a transcript', () => {
  it('is read as its cases, with files, commands, and what they print', () => {
    const [first, second] = parseTranscript(TEXT);
    expect(first).toMatchObject({ title: 'A pod is made', since: 28, until: 30, isAlone: true });
    expect(first?.steps).toEqual([
      { kind: 'file', name: 'pod.yaml', content: 'kind: Pod\n\n' },
      {
        kind: 'command',
        line: 11,
        text: 'kubectl create -f pod.yaml',
        mode: 'once',
        stdout: ['pod/a created'],
        stderr: ['Warning: told twice'],
        exitCode: 3,
      },
      expect.objectContaining({ text: 'kubectl get pods', mode: 'until', stdout: [''], exitCode: 0 }),
    ]);
    expect(second).toMatchObject({ title: 'Another', since: 0, until: Number.POSITIVE_INFINITY, isAlone: false });
    expect(second?.steps).toMatchObject([{ text: 'true', mode: 'ignore' }]);
  });

  it('is refused where a case has no source, a file no end, or a line no meaning', () => {
    expect(() => parseTranscript('## a\n$ true\n')).toThrow('does not say where it comes from');
    expect(() => parseTranscript('## a\nfile b\n')).toThrow('line 2: a file that does not end');
    expect(() => parseTranscript('## a\nsource: b\nwhat\n')).toThrow('line 3: neither a directive nor a command: what');
    expect(() => parseTranscript('$ true\n')).toThrow('line 1');
  });
});

describe('what was printed', () => {
  const isAsExpected = (expected: string, actual: string): boolean =>
    matches(expected.split('\n'), actual, { namespace: 'case-1', port: 30_007 });

  it('is compared word for word, but for the width of gaps and what follows the last line', () => {
    expect(isAsExpected('NAME   AGE\na.b    1', 'NAME  AGE \na.b       1\n\n')).toBe(true);
    expect(isAsExpected('a.b', 'axb')).toBe(false);
    expect(isAsExpected('a b', 'a  b')).toBe(false);
    expect(isAsExpected('  a', '    a')).toBe(false);
    expect(isAsExpected('a', 'a\nb')).toBe(false);
    expect(isAsExpected('', 'a')).toBe(false);
  });

  it('may hold what differs each time', () => {
    expect(isAsExpected('<age> <ip> <ns> <hash>', '3m20s 10.96.0.1 case-1 7x9')).toBe(true);
    expect(isAsExpected('<time> <uid>', '2026-01-02T03:04:05Z 01234567-89ab-cdef-0123-456789abcdef')).toBe(true);
    expect(isAsExpected('<age>', 'soon')).toBe(false);
    expect(isAsExpected('a-<hash>', 'a-')).toBe(false);
    expect(isAsExpected('<ns>', 'case-2')).toBe(false);
    expect(isAsExpected('<port>', '30007')).toBe(true);
    expect(isAsExpected('uid: <any>', 'uid: what ever')).toBe(true);
  });

  it('may hold any lines where it says so', () => {
    expect(isAsExpected('a\n<...>\nb', 'a\nb')).toBe(true);
    expect(isAsExpected('a\n<...>\nb', 'a\nb\nc\nb')).toBe(true);
    expect(isAsExpected('a\n<...>', 'b')).toBe(false);
    expect(isAsExpected('<...>\nb', 'a\nc')).toBe(false);
  });
});
