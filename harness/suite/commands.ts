import type { Command, CommandSet } from '../codec/command';
import type { FieldSpec } from '../codec/field-spec';
import { uintSize } from '../codec/field-spec';
import { commandsSchema } from './commands-schema';
import type { Problem } from './problem';
import { quote, suggestion } from './problem';
import type { Path, SourceDocument } from './source';
import { checkShape } from './validate';

interface Names {
  readonly all: Set<string>;
  /** Names of whole fields, which a count or a checksum can be over. */
  readonly whole: Set<string>;
}

/** `commands:` documents as the codec takes them. */
export function compileCommands(source: SourceDocument): {
  readonly set?: CommandSet;
  readonly problems: readonly Problem[];
} {
  const shape = checkShape(commandsSchema, source.value, source);
  if (!shape.ok) return { problems: shape.problems };
  const problems = [...shape.problems];
  const { commands: id, table, title, document, messageType, byteOrder } = shape.value;
  const report = (path: Path, message: string): void => {
    problems.push(source.problem(path, message));
  };
  const header = shape.value.header as readonly FieldSpec[];
  const headerNames = checkFields(header, ['header'], report);
  const commands: { [name: string]: Command } = {};
  for (const [key, command] of Object.entries(table)) {
    const name = id === 'control' ? key : `${id}/${key}`;
    const own = command.header ?? {};
    for (const field of Object.keys(own)) {
      if (headerNames.all.has(field)) continue;
      problems.push(
        source.problem(
          ['table', key, 'header', field],
          `the header of ${id} has no field ${quote(field)}${suggestion(field, headerNames.all)}`,
          'key',
        ),
      );
    }
    checkFields(command.request as readonly FieldSpec[], ['table', key, 'request'], report);
    checkFields(command.response as readonly FieldSpec[], ['table', key, 'response'], report);
    const twin = Object.values(commands).find(
      (other) => other.code === command.code && JSON.stringify(other.header) === JSON.stringify(own),
    );
    if (twin !== undefined) report(['table', key, 'code'], `${twin.name} has the same code and header`);
    commands[name] = {
      name,
      set: id,
      title: command.title,
      clause: command.clause,
      code: command.code,
      header: own,
      request: command.request as readonly FieldSpec[],
      response: command.response as readonly FieldSpec[],
      completionCodes: command.completionCodes ?? {},
    };
  }
  const { completionCodes } = shape.value;
  return { set: { id, title, document, messageType, byteOrder, header, completionCodes, commands }, problems };
}

function checkFields(fields: readonly FieldSpec[], base: Path, report: (path: Path, message: string) => void): Names {
  const names: Names = { all: new Set(), whole: new Set() };
  const later = new Set(fields.flatMap((field) => ('bits' in field ? [] : [field.name])));
  const add = (name: string, path: Path): void => {
    if (names.all.has(name)) report(path, `the field ${quote(name)} is here twice`);
    names.all.add(name);
  };
  const earlier = (name: string, path: Path): void => {
    if (!names.all.has(name)) report(path, `no earlier field is called ${quote(name)}${suggestion(name, names.all)}`);
  };
  fields.forEach((field, index) => {
    const path = [...base, index];
    if ('bits' in field) {
      field.bits.forEach((bit, at) => {
        add(bit.name, [...path, 'bits', at, 'name']);
        checkCodes(bit.codes, bit.default, 2 ** bit.width - 1, [...path, 'bits', at], report);
      });
      const width = field.bits.reduce((sum, bit) => sum + bit.width, 0);
      if (width % 8 !== 0) report([...path, 'bits'], `the bits make ${width}, which is no whole number of octets`);
      if (width > 64) report([...path, 'bits'], `the bits make ${width}, more than 64`);
      return;
    }
    if ('list' in field && typeof field.list !== 'string') checkFields(field.list, [...path, 'list'], report);
    if ('count' in field && typeof field.count === 'object') earlier(field.count.field, [...path, 'count', 'field']);
    if ('type' in field && field.type === 'bytes' && typeof field.length === 'object') {
      if ('field' in field.length) earlier(field.length.field, [...path, 'length', 'field']);
      else earlier(field.length.by, [...path, 'length', 'by']);
    }
    if ('type' in field && field.type !== 'bytes') {
      checkCodes(field.codes, field.default, 2 ** (8 * uintSize[field.type]) - 1, path, report);
      const target = field.compute && Object.entries(field.compute).find(([key]) => key !== 'checksum');
      if (target !== undefined && !later.has(target[1])) {
        report(
          [...path, 'compute', target[0]],
          `no field is called ${quote(target[1])}${suggestion(target[1], later)}`,
        );
      }
    }
    add(field.name, [...path, 'name']);
    names.whole.add(field.name);
  });
  return names;
}

function checkCodes(
  codes: { readonly [name: string]: number } | undefined,
  initial: number | undefined,
  most: number,
  path: Path,
  report: (path: Path, message: string) => void,
): void {
  for (const [name, value] of Object.entries(codes ?? {})) {
    if (value > most) report([...path, 'codes', name], `${value} does not fit the field: at most ${most}`);
  }
  if (initial !== undefined && initial > most) {
    report([...path, 'default'], `${initial} does not fit the field: at most ${most}`);
  }
}
