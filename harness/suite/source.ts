import type { ErrorCode, Node, Pair, YAMLMap } from 'yaml';
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import { messageOf } from '../errors';
import type { Place, Problem } from './problem';
import { quote } from './problem';

/** A file as it was read. */
export interface SourceFile {
  /** As it shall stand in messages. */
  readonly file: string;
  readonly text: string;
}

export type Path = readonly (string | number)[];

/** One YAML document: plain data, and where each part of it stands. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** The first key of the document. */
  readonly kind: string;
  /** A problem at the value of `path`, or at its key. Paths that lead nowhere fall back to their nearest parent. */
  problem(path: Path, message: string, at?: 'key' | 'value'): Problem;
  line(path: Path): number;
}

export interface SourceResult {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly Problem[];
}

/** Bounds on files that strangers wrote. The largest of ours has 150 kB. */
export const MAX_FILE_SIZE = 1024 * 1024;
const MAX_DEPTH = 40;
const MAX_ALIASES = 100;
const MAX_DOCUMENTS = 100;

/** Parses one file, however broken: nothing here throws. */
export function readSource(source: SourceFile): SourceResult {
  const { file, text } = source;
  const lines = new LineCounter();
  const textLines = text.length > MAX_FILE_SIZE ? [] : text.split(/\r\n|\r|\n/);
  const place = (start: number, end: number): Place => {
    const { line, col } = lines.linePos(Math.min(start, text.length));
    return { file, line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, end - start) };
  };
  const make = (start: number, end: number, message: string): Problem => {
    const where = place(start, end);
    return { ...where, message, text: textLines[where.line - 1] ?? '' };
  };
  const top = (message: string): SourceResult => ({
    documents: [],
    problems: [{ file, line: 1, column: 1, length: 1, text: textLines[0] ?? '', message }],
  });
  if (text.length > MAX_FILE_SIZE) return top(`the file is larger than ${MAX_FILE_SIZE / 1024} KiB`);
  const tooMuch = excess(text);
  if (tooMuch !== undefined) return top(tooMuch);
  let parsed: ReturnType<typeof parseAllDocuments>;
  try {
    parsed = parseAllDocuments(text, { lineCounter: lines, stringKeys: true, prettyErrors: false, logLevel: 'silent' });
  } catch (thrown) {
    return top(messageOf(thrown));
  }
  const problems: Problem[] = [];
  const documents: SourceDocument[] = [];
  if (!Array.isArray(parsed) || parsed.length === 0) return top('the file holds no YAML document');
  if (parsed.length > MAX_DOCUMENTS) return top(`the file holds more than ${MAX_DOCUMENTS} documents`);
  for (const document of parsed) {
    const before = problems.length;
    for (const fault of [...document.errors, ...document.warnings]) {
      problems.push(make(fault.pos[0], fault.pos[0] + 1, syntaxMessage(fault.code, fault.message)));
    }
    if (problems.length > before) continue;
    const contents = document.contents as Node | null;
    if (contents === null && parsed.length > 1) continue;
    if (contents === null || !isMap(contents) || contents.items.length === 0) {
      const [start = 0, end = 0] = contents?.range ?? [];
      problems.push(make(start, Math.min(end, start + 1), 'a document is a map whose first key says its kind'));
      continue;
    }
    inspect(contents, (node, message) => {
      const [start = 0, end = 0] = node.range ?? [];
      problems.push(make(start, end, message));
    });
    if (problems.length > before) continue;
    try {
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      if (containsItself(value)) throw new RangeError('an alias leads into itself');
      documents.push(sourceDocument(file, contents as YAMLMap, value, make));
    } catch (thrown) {
      const [start = 0] = contents.range ?? [];
      problems.push(make(start, start + 1, `aliases: ${messageOf(thrown)}`));
    }
  }
  return { documents, problems };
}

const MAX_INDENT = 120;
const MAX_INDICATORS = 20;
const MAX_TOKENS = 200_000;
/** What the lexer puts before the text of a scalar. */
const SCALAR = '\u001f';

/**
 * Whether the parser can be trusted with a text. It is recursive, and where a stack ends inside a regular expression the
 * process ends with it; its anchors and aliases take quadratic time. So tokens are counted first: in block style each
 * level takes a column or an indicator.
 */
function excess(text: string): string | undefined {
  let [flow, indicators, tokens, names] = [0, 0, 0, 0];
  let before = '\n';
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (before !== SCALAR) {
      if (token === '[' || token === '{') flow += 1;
      else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
      else if (flow === 0 && (token === '-' || token === '?' || token === ':')) indicators += 1;
      else if (token.startsWith('&') || token.startsWith('*')) names += 1;
      const indented = before.endsWith('\n') && token.length > MAX_INDENT && /^ +$/.test(token);
      if (indented || flow > MAX_DEPTH || (flow === 0 && indicators > MAX_INDICATORS)) return 'nested too deep';
    }
    if (token.endsWith('\n')) indicators = 0;
    if (names > MAX_ALIASES) return `more than ${MAX_ALIASES} anchors and aliases`;
    if (tokens > MAX_TOKENS) return 'the file has too many parts';
    before = token;
  }
  return undefined;
}

function syntaxMessage(code: ErrorCode, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is here twice';
  if (code === 'TAG_RESOLVE_FAILED') return 'tags are not allowed';
  const line = message.split('\n')[0] ?? message;
  return `not YAML: ${line.charAt(0).toLowerCase()}${line.slice(1)}`;
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype', '<<']);

/** What YAML allows and this project does not. */
function inspect(root: Node, report: (node: Node, message: string) => void): void {
  visit(root, (key, node, path) => {
    if (isPair(node)) {
      const name = isScalar(node.key) ? node.key.value : undefined;
      if (typeof name !== 'string') report((node.key as Node | null) ?? root, 'a key is a plain word');
      else if (FORBIDDEN_KEYS.has(name)) report(node.key as Node, `the key ${quote(name)} is not allowed`);
      return undefined;
    }
    const depth = path.filter(isCollection).length;
    if (depth > MAX_DEPTH) {
      report(node as Node, 'nested too deep');
      return visit.BREAK;
    }
    if ((isScalar(node) || isCollection(node)) && node.tag !== undefined && key !== 'key') {
      report(node, 'tags are not allowed');
    }
    if (isScalar(node) && typeof node.value === 'number' && !fits(node.value)) {
      report(node, 'this number has no exact value here; write octets as hex in quotes');
    }
    return undefined;
  });
}

function fits(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function containsItself(root: unknown): boolean {
  const finished = new Set<object>();
  const above = new Set<object>();
  const walk = (value: unknown): boolean => {
    if (value === null || typeof value !== 'object' || finished.has(value)) return false;
    if (above.has(value)) return true;
    above.add(value);
    const found = Object.values(value).some(walk);
    above.delete(value);
    finished.add(value);
    return found;
  };
  return walk(root);
}

function sourceDocument(
  file: string,
  root: YAMLMap,
  value: unknown,
  make: (start: number, end: number, message: string) => Problem,
): SourceDocument {
  const find = (path: Path, at: 'key' | 'value'): readonly [number, number] => {
    let node: Node = root;
    let key: Node = root.items[0]?.key as Node;
    for (const segment of path) {
      const next = child(resolved(node, root), segment);
      if (next === undefined) break;
      key = next.key ?? next.value ?? key;
      node = next.value ?? key;
    }
    const target = at === 'key' || path.length === 0 ? key : node;
    const [start, end] = (target.range ?? [0, 0]) as readonly [number, number];
    return [start, end];
  };
  return {
    file,
    value,
    kind: isScalar(root.items[0]?.key) ? String(root.items[0].key.value) : '',
    problem: (path, message, at = 'value') => {
      const [start, end] = find(path, at);
      return make(start, end, message);
    },
    line: (path) => make(...find(path, 'value'), '').line,
  };
}

function resolved(node: Node, root: YAMLMap): Node {
  if (!isAlias(node)) return node;
  let found: Node | undefined;
  visit(root, {
    Node: (_key, candidate) => {
      if (!isAlias(candidate) && candidate.anchor === node.source) found = candidate;
    },
  });
  return found ?? node;
}

function child(node: Node, segment: string | number): { key?: Node; value?: Node } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item): item is Pair<Node, Node | null> => {
      return isScalar(item.key) && String(item.key.value) === String(segment);
    });
    if (pair === undefined) return undefined;
    return { key: pair.key, ...(pair.value === null ? {} : { value: pair.value }) };
  }
  if (isSeq(node)) {
    const item = node.items[Number(segment)] as Node | undefined;
    return item === undefined ? undefined : { value: item };
  }
  return undefined;
}
