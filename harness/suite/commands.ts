import { parseDuration } from '../clock';
import type { Command, CommandSet } from '../codec/command';
import type { Codes, FieldSpec, FieldValues } from '../codec/field-spec';
import { namesOf } from '../codec/field-spec';
import type { FieldSource } from './commands-schema';
import { commandsSchema } from './commands-schema';
import type { Report, Visible } from './fields';
import { codesOf, FieldCompiler } from './fields';
import type { Problem } from './problem';
import { quote, suggestion } from './problem';
import type { Path, SourceDocument } from './source';
import { checkShape } from './validate';

/** Marks from which a trailer's checksum can count. */
const MARKS = ['typeOctet', 'header'];

/** `commands:` documents as the codec takes them. */
export function compileCommands(source: SourceDocument): {
  readonly set?: CommandSet;
  readonly problems: readonly Problem[];
} {
  const shape = checkShape(commandsSchema, source.value, source);
  if (!shape.ok) return { problems: shape.problems };
  const found = new Map(shape.problems.map((problem) => [JSON.stringify(problem), problem]));
  const add = (path: Path, message: string, at: 'key' | 'value' = 'value'): void => {
    const problem = source.problem(path, message, at);
    found.set(JSON.stringify(problem), problem);
  };
  const set = compileSet(shape.value, add);
  return { set, problems: [...found.values()] };
}

type SetSource = ReturnType<typeof commandsSchema.parse>;
type Add = (path: Path, message: string, at?: 'key' | 'value') => void;

function compileSet(source: SetSource, add: Add): CommandSet {
  const { commands: id, table, structures: layouts = {}, header: head, requests, answers, trailer, ...plain } = source;
  const report: Report = (path, message) => add(path, message);
  const compiler = new FieldCompiler(layouts, report);
  const compile = (fields: readonly FieldSource[] | undefined, path: Path, outer?: Visible, taken?: Visible) =>
    compiler.compile(fields ?? [], path, outer, taken);
  const header = compile(head, ['header']);
  const requestBegins = compile(requests?.begins, ['requests', 'begins'], visible(header));
  const front = visible([...header, ...requestBegins]);
  const begins = answers?.begins && compile(answers.begins, ['answers', 'begins'], visible(header));
  const completionCode = answers?.completionCode ?? answers?.error?.completionCode ?? 'completionCode';
  const begun = new Map(visible(begins ?? []));
  if (begins === undefined || begun.has(completionCode)) begun.set(completionCode, source.completionCodes);
  const failure =
    answers?.failure && compile(answers.failure, ['answers', 'failure'], new Map([...visible(header), ...begun]));
  const marks = new Map(MARKS.map((mark) => [mark, undefined] as const));
  const end = trailer && compile(trailer, ['trailer'], marks);
  const parts = { header: new Set(visible(header).keys()), begun: new Set(begun.keys()), front, completionCode };
  checkNames(source, parts, add);
  const commands = compileTable(id, table, { ...parts, begun, header, selects: source.selects ?? [] }, compile, add);
  const structures = Object.fromEntries(
    Object.entries(layouts).map(([name, fields]) => [name, compile(fields, ['structures', name])]),
  );
  const { title, document, messageType, byteOrder, completionCodes } = plain;
  return {
    id,
    title,
    document,
    messageType,
    byteOrder,
    header,
    completionCodes,
    commands,
    ...(source.integrityCheck !== undefined && { integrityCheck: source.integrityCheck }),
    ...(source.identity && { identity: source.identity }),
    ...(source.length !== undefined && { length: source.length }),
    ...(source.selects && { selects: source.selects }),
    ...(requests && { requests: clean({ header: requests.header, begins: requests.begins && requestBegins }) }),
    ...(answers && { answers: clean({ ...answers, begins, failure, interim: interimOf(answers.interim) }) }),
    ...(end && { trailer: end }),
    ...(source.structures && { structures }),
  } as CommandSet;
}

function interimOf(source: { readonly unit: string } | undefined) {
  return source && { ...source, unit: parseDuration(source.unit) };
}

function clean<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}

function visible(fields: readonly FieldSpec[]): Visible {
  return new Map(fields.flatMap(codesOf));
}

interface Parts {
  /** Names in the header. */
  readonly header: ReadonlySet<string>;
  /** Names that an answer begins with. */
  readonly begun: ReadonlySet<string>;
  /** Names of header and what a request begins with. */
  readonly front: Visible;
  readonly completionCode: string;
}

/** Names of fields in the rules of a set. */
function checkNames(source: SetSource, { header, begun, front, completionCode }: Parts, add: Add): void {
  const inHeader = (name: string | undefined, path: Path, at: 'key' | 'value' = 'value'): void => {
    if (name === undefined || header.has(name)) return;
    add(path, `the header of ${source.commands} has no field ${quote(name)}${suggestion(name, header)}`, at);
  };
  const keys = (values: FieldValues | undefined, path: Path): void => {
    for (const name of Object.keys(values ?? {})) inHeader(name, [...path, name], 'key');
  };
  inHeader(source.length, ['length']);
  (source.selects ?? []).forEach((name, index) => {
    inHeader(name, ['selects', index]);
  });
  keys(source.identity, ['identity']);
  keys(source.requests?.header, ['requests', 'header']);
  const { answers } = source;
  keys(answers?.header, ['answers', 'header']);
  (answers?.echoes ?? []).forEach((name, index) => {
    inHeader(name, ['answers', 'echoes', index]);
  });
  inHeader(answers?.error?.completionCode, ['answers', 'error', 'completionCode']);
  if (answers?.completionCode !== undefined && !begun.has(completionCode)) {
    const near = suggestion(completionCode, begun);
    add(['answers', 'completionCode'], `answers do not begin with a field ${quote(completionCode)}${near}`);
  } else if (answers?.begins !== undefined && answers.error === undefined && !begun.has(completionCode)) {
    add(['answers', 'begins'], 'one of these is the completion code: say which by "completionCode"');
  }
  if (!front.has('commandCode')) add(['header'], 'neither the header nor what requests begin with has a "commandCode"');
}

type Compile = (
  fields: readonly FieldSource[] | undefined,
  path: Path,
  outer?: Visible,
  taken?: Visible,
) => readonly FieldSpec[];

interface TableParts {
  readonly header: readonly FieldSpec[];
  readonly front: Visible;
  readonly begun: ReadonlyMap<string, Codes | undefined>;
  readonly selects: readonly string[];
}

function compileTable(
  id: string,
  table: SetSource['table'],
  { header, front, begun, selects }: TableParts,
  compile: Compile,
  add: Add,
): { readonly [name: string]: Command } {
  const names = new Set(header.flatMap(namesOf));
  const commands: { [name: string]: Command } = {};
  for (const [key, command] of Object.entries(table)) {
    const path = (...more: Path): Path => ['table', key, ...more];
    const name = id === 'control' ? key : `${id}/${key}`;
    const own = command.header ?? {};
    for (const part of ['header', 'defaults'] as const) {
      for (const field of Object.keys(command[part] ?? {})) {
        if (names.has(field)) continue;
        add(path(part, field), `the header of ${id} has no field ${quote(field)}${suggestion(field, names)}`, 'key');
      }
    }
    for (const field of Object.keys(command.codes ?? {})) {
      if (!begun.has(field)) {
        const near = suggestion(field, begun.keys());
        add(path('codes', field), `answers do not begin with a field ${quote(field)}${near}`, 'key');
      }
    }
    const chosen = new Map(selects.map((field) => [field, undefined] as const));
    const request = compile(command.request, path('request'), front, chosen);
    const asked = new Map(request.flatMap(codesOf).map(([field, codes]) => [`request.${field}`, codes] as const));
    const around = new Map([...visible(header), ...asked]);
    const response = compile(command.response, path('response'), around, begun);
    const twin = Object.values(commands).find(
      (other) => other.code === command.code && JSON.stringify(other.header) === JSON.stringify(own),
    );
    if (twin !== undefined) add(path('code'), `${twin.name} has the same code and header`);
    const {
      title,
      clause,
      code,
      completionCodes = {},
      answerCode,
      defaults,
      codes,
      from,
      answered,
      effect,
      stable,
    } = command;
    const base = { name, set: id, title, clause, code, header: own, request, response, completionCodes };
    commands[name] = { ...base, ...clean({ answerCode, defaults, codes, from, answered, effect, stable }) } as Command;
  }
  return commands;
}
