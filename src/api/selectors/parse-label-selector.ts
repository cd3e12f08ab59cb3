// The text form of label selectors: `env=prod,tier in (web,db),!legacy,size>3`. The grammar and the wording of errors
// are those of Kubernetes; tokens are found by one scan, requirements by one descent.
import { labelKeyProblems, labelValueProblems } from '../validation/labels.ts';
import {
  isInteger,
  type LabelMatcher,
  type LabelOperator,
  type LabelRequirement,
  matcherOf,
} from './label-selector.ts';

/** A text that is no selector; the message is what Kubernetes says. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

type TokenKind = 'identifier' | 'in' | 'notin' | '=' | '==' | '!=' | '!' | '>' | '<' | '(' | ')' | ',' | 'end';
interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const SPECIAL = new Set(['=', '!', '(', ')', ',', '>', '<']);
const OPERATOR_WORDS = 'in, notin, =, ==, !=, gt, lt';

/** Throws SelectorError. */
export function parseLabelSelector(text: string): LabelMatcher {
  return matcherOf(new Parser(tokensOf(text)).requirements());
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      at++;
    } else if (SPECIAL.has(char)) {
      const pair = text.slice(at, at + 2);
      const symbol = pair === '==' || pair === '!=' ? pair : char;
      tokens.push({ kind: symbol as TokenKind, text: symbol });
      at += symbol.length;
    } else {
      const start = at;
      while (at < text.length && !SPECIAL.has(text.charAt(at)) && !/\s/.test(text.charAt(at))) at++;
      const word = text.slice(start, at);
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
    }
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  requirements(): LabelRequirement[] {
    const found: LabelRequirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') return found;
      if (token.kind !== 'identifier' && token.kind !== '!' && token.kind !== 'in' && token.kind !== 'notin') {
        throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      }
      found.push(this.#requirement());
      const next = this.#take();
      if (next.kind === 'end') return found;
      if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (!isWord(after) && after.kind !== '!') {
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): LabelRequirement {
    const first = this.#take();
    const negated = first.kind === '!';
    const word = negated ? this.#take() : first;
    if (!isWord(word)) throw fail(`found '${word.text}', expected: identifier`);
    const key = word.text;
    checkKey(key);
    if (negated) return { key, operator: '!', values: [] };
    const next = this.#peek().kind;
    if (next === 'end' || next === ',') return { key, operator: 'exists', values: [] };
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#list() : [this.#value()];
    checkValues(key, operator, values);
    return { key, operator, values };
  }

  #operator(): LabelOperator {
    const token = this.#take();
    switch (token.kind) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return token.kind;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        throw fail(`found '${token.text}', expected: ${OPERATOR_WORDS}`);
    }
  }

  #value(): string {
    const token = this.#peek();
    if (token.kind === 'end' || token.kind === ',') return '';
    this.#at++;
    if (!isWord(token)) throw fail(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #list(): string[] {
    const open = this.#take();
    if (open.kind !== '(') throw fail(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    let wantsValue = true;
    for (;;) {
      const token = this.#take();
      if (isWord(token) && wantsValue) {
        values.add(token.text);
        wantsValue = false;
      } else if (token.kind === ',') {
        if (wantsValue) values.add('');
        wantsValue = true;
      } else if (token.kind === ')') {
        if (wantsValue) values.add('');
        return [...values].sort();
      } else {
        throw fail(`found '${token.text}', expected: ',', ')' or identifier`);
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}

function isWord(token: Token): boolean {
  return token.kind === 'identifier' || token.kind === 'in' || token.kind === 'notin';
}

function fail(message: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${message}`);
}

function checkKey(key: string): void {
  const problem = labelKeyProblems(key)[0];
  if (problem !== undefined) throw fail(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem}`);
}

function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  if (operator === 'gt' || operator === 'lt') {
    if (!isInteger(values[0] ?? '')) {
      throw fail(
        `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    return;
  }
  for (const [index, value] of values.entries()) {
    const problem = labelValueProblems(value)[0];
    if (problem !== undefined)
      throw fail(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problem}`);
  }
}
