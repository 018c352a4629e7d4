import type { Command, CommandSet } from '../codec/command';
import { answerBegins, completionField } from '../codec/command';
import type { Codes, FieldSpec, ValueSpec } from '../codec/field-spec';
import { messageTypes } from '../names';
import type { Naming } from './match';
import type { View } from './view';

/** The names of the values at a dotted path of a structure; positions in lists may stand in it or not. */
export function codesIn(specs: readonly FieldSpec[], path: readonly string[]): Codes | undefined {
  const [name, ...rest] = path;
  const below = rest.filter((segment) => !/^\d+$/.test(segment));
  for (const spec of specs) {
    if ('bits' in spec) {
      const bit = spec.bits.find((candidate) => candidate.name === name);
      if (bit !== undefined) return bit.codes;
    } else if ('switch' in spec && spec.name === undefined) {
      const found = [...Object.values(spec.cases), spec.otherwise].map((value) => codesOfCase(value, path));
      const codes = found.find((candidate) => candidate !== undefined);
      if (codes !== undefined) return codes;
    } else if (spec.name === name) {
      if ('list' in spec) return typeof spec.list === 'string' ? undefined : codesIn(spec.list, below);
      if ('tlv' in spec) return below[0] === 'type' ? spec.tlv.codes : undefined;
      return 'codes' in spec ? spec.codes : undefined;
    }
  }
  return undefined;
}

function codesOfCase(value: ValueSpec | undefined, path: readonly string[]): Codes | undefined {
  return Array.isArray(value) ? codesIn(value as readonly FieldSpec[], path) : undefined;
}

const namings = new WeakMap<CommandSet, WeakMap<object, Naming>>();

/** The names of values by path; made once for each command of each set. */
export function namingOf({ command, decoded }: Pick<View, 'command' | 'decoded'>): Naming {
  const set = decoded?.set;
  if (set === undefined) return makeNaming(command, set);
  const known = namings.get(set) ?? new WeakMap<object, Naming>();
  namings.set(set, known);
  const key = command ?? set;
  const naming = known.get(key) ?? remembering(makeNaming(command, set));
  known.set(key, naming);
  return naming;
}

/** Paths have no bound of their own (`records.17.…`), so that what is kept has one. */
const MOST_PATHS = 256;

function remembering(naming: Naming): Naming {
  const known = new Map<string, ReturnType<Naming>>();
  return (path) => {
    if (known.has(path)) return known.get(path);
    const codes = naming(path);
    if (known.size < MOST_PATHS) known.set(path, codes);
    return codes;
  };
}

/** Completion codes, message types, and the codes of the command's response fields. */
function makeNaming(command: Command | undefined, set: CommandSet | undefined): Naming {
  const begins = set === undefined ? [] : [...answerBegins(set), ...(set.answers?.failure ?? [])];
  return (path) => {
    if (path === 'completionCode' || path === (set && completionField(set))) {
      return { ...set?.completionCodes, ...command?.completionCodes };
    }
    if (path === 'types' || path === 'message.messageType') return messageTypes;
    if (command === undefined) return undefined;
    const segments = path.split('.');
    const common = codesIn(begins, segments);
    if (common !== undefined || command.codes?.[path] !== undefined) return { ...common, ...command.codes?.[path] };
    return codesIn(command.response, segments);
  };
}
