// What Go prints of a tree.
import { expect, test } from 'vitest';
import { goText, goTexts } from '../../src/lib/index.ts';

test.each<[unknown, string]>([
  [{ spec: { replicas: 3, paused: true }, metadata: null }, 'map[metadata:<nil> spec:map[paused:true replicas:3]]'],
  [[{ name: 'a' }, 'b', 1.5], '[map[name:a] b 1.5]'],
  [{}, 'map[]'],
  [[], '[]'],
  [1e-7, '1e-07'],
  [1e21, '1e+21'],
])('%j is %s', (value, text) => {
  expect(goText(value)).toBe(text);
});

test('a list of texts is written as Go source', () => {
  expect(goTexts(['a', 'b"'])).toBe('[]string{"a", "b\\""}');
  expect(goTexts([])).toBe('[]string{}');
});
