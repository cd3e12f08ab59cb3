// The simple commands of a text of bash: those of lists, pipes and loops, and those in $( ), as the words that they are made of.
// It knows as much of bash as transcripts use: quotes, substitutions, operators and redirections, but no here-documents.

/** What a command may stand behind without being another. */
const BEFORE = /^(?:do|then|else|exec|time|!|\{|timeout|\d+|\w+=.*)$/s;
const OPERATOR = /[;&|()<>\n]/;

interface Reading {
  readonly text: string;
  at: number;
  readonly commands: string[][];
}

/** Each with its quotes taken away; what only the shell could say, such as $NS, stands as it is written. */
export function simpleCommands(text: string): readonly (readonly string[])[] {
  const reading: Reading = { text, at: 0, commands: [] };
  readList(reading, '');
  return reading.commands.flatMap((words) => {
    const first = words.findIndex((word) => !BEFORE.test(word));
    return first < 0 ? [] : [words.slice(first)];
  });
}

/** Reads up to `end`, which is ')' in a substitution and '' for the whole text. */
function readList(reading: Reading, end: string): void {
  let words: string[] = [];
  const close = (): void => {
    if (words.length > 0) reading.commands.push(words);
    words = [];
  };
  while (reading.at < reading.text.length) {
    const char = reading.text.charAt(reading.at);
    if (char === end) break;
    if (char === ' ' || char === '\t') reading.at++;
    else if (char === '#') skipLine(reading);
    else if (char === '<' || char === '>') skipRedirection(reading);
    else if (OPERATOR.test(char)) {
      reading.at++;
      close();
    } else {
      const word = readWord(reading);
      // The 2 of `2>&1` is no word.
      if (!/^\d$/.test(word) || !/[<>]/.test(reading.text.charAt(reading.at))) words.push(word);
    }
  }
  close();
  reading.at++;
}

function skipLine(reading: Reading): void {
  const next = reading.text.indexOf('\n', reading.at);
  reading.at = next < 0 ? reading.text.length : next;
}

/** `> file`, `2>&1`, `< file`; `<( … )` and `>( … )` are lists of their own. */
function skipRedirection(reading: Reading): void {
  while (/[<>&]/.test(reading.text.charAt(reading.at))) reading.at++;
  if (reading.text.charAt(reading.at) === '(') return;
  while (reading.text.charAt(reading.at) === ' ') reading.at++;
  readWord(reading);
}

function readWord(reading: Reading): string {
  let word = '';
  while (reading.at < reading.text.length) {
    const char = reading.text.charAt(reading.at);
    if (/\s/.test(char) || OPERATOR.test(char)) break;
    word += readPart(reading, char);
  }
  return word;
}

function readPart(reading: Reading, char: string): string {
  const { text } = reading;
  reading.at++;
  if (char === '\\') return text.charAt(reading.at++);
  if (char === "'") return readTo(reading, "'");
  if (char === '"') return readDoubleQuoted(reading);
  if (char === '$') return readDollar(reading);
  return char;
}

function readTo(reading: Reading, end: string): string {
  const found = reading.text.indexOf(end, reading.at);
  const to = found < 0 ? reading.text.length : found;
  const part = reading.text.slice(reading.at, to);
  reading.at = to + 1;
  return part;
}

function readDoubleQuoted(reading: Reading): string {
  let part = '';
  while (reading.at < reading.text.length) {
    const char = reading.text.charAt(reading.at++);
    if (char === '"') break;
    if (char === '\\') part += reading.text.charAt(reading.at++);
    else part += char === '$' ? readDollar(reading) : char;
  }
  return part;
}

/** What follows a $: its text, but for a substitution, whose commands are read as the others are. */
function readDollar(reading: Reading): string {
  const next = reading.text.charAt(reading.at);
  if (next === '{') return `$${readTo(reading, '}')}}`;
  if (next !== '(') return '$';
  reading.at++;
  readList(reading, ')');
  return '$()';
}
