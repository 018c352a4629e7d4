import { messageTypes } from '../names';

/** Claim expressions: `pldm in mctp.messageTypes and not mctp.staticEid`. Names have a dot, other words are values. */

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Operand =
  | { readonly kind: 'claim'; readonly name: string }
  | { readonly kind: 'value'; readonly value: number | boolean | string }
  | { readonly kind: 'list'; readonly entries: readonly (number | boolean | string)[] };

export type ClaimExpression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly ClaimExpression[] }
  | { readonly kind: 'not'; readonly of: ClaimExpression }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'in'; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'claim'; readonly name: string };

export type Parsed =
  | { readonly ok: true; readonly expression: ClaimExpression }
  /** `at` is an offset into the text. */
  | { readonly ok: false; readonly at: number; readonly message: string };

const MAX_LENGTH = 500;
const MAX_DEPTH = 30;

interface Token {
  readonly kind: 'word' | 'number' | 'version' | 'text' | 'mark' | 'end';
  readonly text: string;
  readonly at: number;
}

class Fault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const TOKEN =
  /\s*(?:(0x[0-9a-fA-F]+|\d+(?:\.\d+)*)(?![A-Za-z0-9_.])|([A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*)|"([^"\\]*)"|(==|!=|<=|>=|[<>()[\],]))/y;

function tokens(text: string): readonly Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    const at = from + (text.slice(from).match(/^\s*/)?.[0].length ?? 0);
    if (match === null) throw new Fault(at, `unexpected ${JSON.stringify(text.slice(at, at + 12))}`);
    const [, number, word, quoted, mark] = match;
    if (number !== undefined) out.push({ kind: number.includes('.') ? 'version' : 'number', text: number, at });
    else if (word !== undefined) out.push({ kind: 'word', text: word, at });
    else if (quoted !== undefined) out.push({ kind: 'text', text: quoted, at });
    else out.push({ kind: 'mark', text: mark ?? '', at });
  }
  out.push({ kind: 'end', text: '', at: text.length });
  return out;
}

const KEYWORDS = new Set(['and', 'or', 'not', 'in']);

class Parser {
  private index = 0;
  private depth = 0;
  private readonly list: readonly Token[];

  constructor(list: readonly Token[]) {
    this.list = list;
  }

  whole(): ClaimExpression {
    const expression = this.or();
    if (this.token.kind !== 'end') throw this.unexpected('and, or, or the end');
    return expression;
  }

  private get token(): Token {
    return this.list[this.index] as Token;
  }

  private is(text: string): boolean {
    const { kind } = this.token;
    return (kind === 'mark' || kind === 'word') && this.token.text === text;
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false;
    this.index += 1;
    return true;
  }

  private unexpected(expected: string): Fault {
    const { kind, text, at } = this.token;
    return new Fault(at, `expected ${expected}, found ${kind === 'end' ? 'the end' : JSON.stringify(text)}`);
  }

  private or(): ClaimExpression {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new Fault(this.token.at, 'nested too deep');
    const parts = [this.and()];
    while (this.take('or')) parts.push(this.and());
    this.depth -= 1;
    return parts.length === 1 ? (parts[0] as ClaimExpression) : { kind: 'or', parts };
  }

  private and(): ClaimExpression {
    const parts = [this.not()];
    while (this.take('and')) parts.push(this.not());
    return parts.length === 1 ? (parts[0] as ClaimExpression) : { kind: 'and', parts };
  }

  private not(): ClaimExpression {
    let negations = 0;
    while (this.take('not')) negations += 1;
    let expression = this.primary();
    for (; negations > 0; negations -= 1) expression = { kind: 'not', of: expression };
    return expression;
  }

  private primary(): ClaimExpression {
    if (this.take('(')) {
      const inner = this.or();
      if (!this.take(')')) throw this.unexpected('")"');
      return inner;
    }
    const { at } = this.token;
    const left = this.operand();
    const operator = this.token.kind === 'mark' ? this.token.text : '';
    if (['==', '!=', '<', '<=', '>', '>='].includes(operator)) {
      this.index += 1;
      const right = this.operand();
      if (left.kind === 'list' || right.kind === 'list') throw new Fault(at, 'a list goes only after "in"');
      return { kind: 'compare', operator: operator as Comparison, left, right };
    }
    if (this.take('in')) {
      if (left.kind === 'list') throw new Fault(at, 'a list goes only after "in"');
      const { at: place } = this.token;
      const right = this.operand();
      if (right.kind === 'value') throw new Fault(place, 'after "in" goes a claim that is a list, or [ … ]');
      return { kind: 'in', left, right };
    }
    if (left.kind === 'claim') return { kind: 'claim', name: left.name };
    throw this.unexpected('a comparison or "in"');
  }

  private operand(): Operand {
    if (!this.take('[')) {
      const { token } = this;
      if (token.kind === 'word' && !KEYWORDS.has(token.text) && token.text.includes('.')) {
        this.index += 1;
        return { kind: 'claim', name: token.text };
      }
      return { kind: 'value', value: this.value() };
    }
    const entries = [this.value()];
    while (this.take(',')) entries.push(this.value());
    if (!this.take(']')) throw this.unexpected('"," or "]"');
    return { kind: 'list', entries };
  }

  private value(): number | boolean | string {
    const { kind, text } = this.token;
    const reserved = kind === 'word' && (KEYWORDS.has(text) || text.includes('.'));
    if (kind === 'mark' || kind === 'end' || reserved) throw this.unexpected('a claim or a value');
    this.index += 1;
    if (kind === 'number') return Number(text);
    if (kind === 'word' && (text === 'true' || text === 'false')) return text === 'true';
    return text;
  }
}

export function parseClaimExpression(text: string): Parsed {
  if (text.length > MAX_LENGTH) return { ok: false, at: 0, message: `longer than ${MAX_LENGTH} characters` };
  try {
    return { ok: true, expression: new Parser(tokens(text)).whole() };
  } catch (thrown) {
    if (thrown instanceof Fault) return { ok: false, at: thrown.at, message: thrown.message };
    throw thrown;
  }
}

/** The expression as text that parses to the same. */
export function printClaimExpression(expression: ClaimExpression): string {
  const inner = (part: ClaimExpression, tight: boolean): string => {
    const text = printClaimExpression(part);
    const loose = part.kind === 'or' || part.kind === 'and';
    return loose && tight ? `(${text})` : text;
  };
  switch (expression.kind) {
    case 'or':
      return expression.parts.map((part) => inner(part, part.kind === 'or')).join(' or ');
    case 'and':
      return expression.parts.map((part) => inner(part, true)).join(' and ');
    case 'not':
      return `not ${inner(expression.of, true)}`;
    case 'claim':
      return expression.name;
    case 'in':
      return `${printOperand(expression.left)} in ${printOperand(expression.right)}`;
    case 'compare':
      return `${printOperand(expression.left)} ${expression.operator} ${printOperand(expression.right)}`;
  }
}

function printOperand(operand: Operand): string {
  if (operand.kind === 'claim') return operand.name;
  if (operand.kind === 'value') return printValue(operand.value);
  return `[${operand.entries.map(printValue).join(', ')}]`;
}

function printValue(value: number | boolean | string): string {
  if (typeof value !== 'string') return String(value);
  const bare = /^(?:[A-Za-z][A-Za-z0-9_-]*|\d+(?:\.\d+)+)$/.test(value);
  return bare && !KEYWORDS.has(value) && value !== 'true' && value !== 'false' ? value : `"${value}"`;
}

/** The claims that an expression names, each once, in order. */
export function claimsIn(expression: ClaimExpression): readonly string[] {
  const names = new Set<string>();
  const walk = (part: ClaimExpression): void => {
    if ('parts' in part) part.parts.forEach(walk);
    else if (part.kind === 'not') walk(part.of);
    else if (part.kind === 'claim') names.add(part.name);
    else for (const side of [part.left, part.right]) if (side.kind === 'claim') names.add(side.name);
  };
  walk(expression);
  return [...names];
}

/** The number of a message type that is written by name, for claims hold numbers. */
export function messageTypeOf(value: number | boolean | string): number | boolean | string {
  return typeof value === 'string' && Object.hasOwn(messageTypes, value)
    ? messageTypes[value as keyof typeof messageTypes]
    : value;
}
