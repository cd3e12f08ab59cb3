// How Go prints values, which Kubernetes repeats in errors: a tree of JSON with %v, as `map[spec:map[replicas:3]]`, or with %#v, as
// `map[string]interface {}{"replicas":3}`; and a list of texts with %#v, as `[]string{"a", "b"}`.

/** Keys are sorted, texts stand without quotes. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${members.map(([key, member]) => `${key}:${goText(member)}`).join(' ')}]`;
  }
  return typeof value === 'number' ? goNumber(value) : String(value);
}

/** Whole numbers are int64 there, others float64, which takes an exponent from 1e21 on and below 1e-4. */
function goNumber(value: number): string {
  const text = String(value);
  const exponent = /^(.*)e([+-])(\d+)$/.exec(text);
  return exponent === null ? text : `${exponent[1]}e${exponent[2]}${(exponent[3] ?? '').padStart(2, '0')}`;
}

/** With %#v: as it would stand in a program. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    const texts = members.map(([key, member]) => `${JSON.stringify(key)}:${goSyntax(member)}`);
    return `map[string]interface {}{${texts.join(', ')}}`;
  }
  return typeof value === 'number' ? goNumber(value) : JSON.stringify(value);
}

/** With %#v. */
export function goTexts(values: readonly string[]): string {
  return `[]string{${values.map((text) => JSON.stringify(text)).join(', ')}}`;
}
