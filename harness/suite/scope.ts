import type { Command, CommandSet, CommandSets } from '../codec/command';
import type { Codes } from '../codec/field-spec';
import type { Binding, Plane } from '../names';
import { reaches } from '../names';
import type { Template } from './compiled';
import type { Problem } from './problem';
import { quote, suggestion } from './problem';
import type { Slot, Slots } from './slots';
import type { Path, SourceDocument } from './source';

/** Names that a suite may use, as data. */
export interface KnownNames {
  readonly commands: CommandSets;
  readonly requirements: ReadonlySet<string>;
  /** Requirements that are said to have no case. */
  readonly excused: ReadonlySet<string>;
  /** Undefined: not checked. */
  readonly deviations: ReadonlySet<string> | undefined;
  readonly parameters: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
  /** Whether every case must name one: the built-in suites. */
  readonly requireDeviations: boolean;
}

export interface Loop {
  readonly name: string;
  readonly path: Path;
  /** Undefined where the values come from a claim or parameter. */
  readonly literals: readonly Template[] | undefined;
  /** What code names among the values mean at the places where the variable is used. */
  readonly meaning: Map<string, Template>;
}

/** What is known while one case is compiled, and where its problems go. */
export class CaseScope {
  readonly loops = new Map<string, Loop>();
  readonly saved = new Set<string>();
  /** What saved names stand for, where that is known. */
  readonly savedSlots = new Map<string, Slot>();
  /** Entries of the walks around the step at hand. */
  readonly entries = new Map<string, Slot>();
  /** Values that a plan may replace, and the code names that they have where they are used. */
  readonly with = new Map<string, unknown>();
  readonly withCodes = new Map<string, Codes>();
  /** Fields of the request before, within a walk; then `$octets` and `$index` are known too. */
  sent: Slots | undefined;
  readonly usedParameters = new Set<string>();
  readonly problems: Problem[] = [];
  /** Expectations that the author wrote. */
  expectations = 0;
  /** Checks a path of the answer that is being described. */
  checkField: (text: string, path: Path) => void = () => undefined;
  readonly source: SourceDocument;
  readonly known: KnownNames;
  readonly plane: Plane;
  readonly bindings: readonly Binding[];

  constructor(
    source: SourceDocument,
    known: KnownNames,
    about: { readonly plane: Plane; readonly bindings: readonly Binding[] },
  ) {
    this.source = source;
    this.known = known;
    this.plane = about.plane;
    this.bindings = about.bindings;
  }

  report(path: Path, message: string, at: 'key' | 'value' = 'value'): void {
    this.problems.push(this.source.problem(path, message, at));
  }

  unknown(what: string, name: string, known: Iterable<string>, path: Path, at: 'key' | 'value' = 'value'): void {
    this.report(path, `unknown ${what} ${quote(name)}${suggestion(name, known)}`, at);
  }

  needs(plane: Plane, what: string, path: Path): void {
    if (!reaches(this.plane, plane)) {
      this.report(path, `${what} needs ${plane}, but the case says needs: ${this.plane}`, 'key');
    }
  }

  requirement(id: string | undefined, path: Path): void {
    if (id === undefined) return;
    if (!this.known.requirements.has(id)) this.unknown('requirement', id, this.known.requirements, path);
    else if (this.known.excused.has(id)) this.report(path, `${id} is excused in the catalogue: take the excuse away`);
  }

  /** The command and its set, or a problem at `path`. */
  command(
    name: string,
    path: Path,
    ofDevice = false,
  ): { readonly set: CommandSet; readonly command: Command } | undefined {
    const found = lookUpCommand(this.known.commands, name);
    if (found === undefined) this.unknown('command', name, commandNames(this.known.commands), path);
    else if (ofDevice && found.command.from !== 'device') {
      this.report(path, `${name} is not what a device sends of its own: its table does not say from: device`);
    }
    return found;
  }
}

/** As `findCommand` of the codec, for names that strangers wrote: `constructor` is no command. */
export function lookUpCommand(
  sets: CommandSets,
  name: string,
): { readonly set: CommandSet; readonly command: Command } | undefined {
  const slash = name.indexOf('/');
  const id = slash < 0 ? 'control' : name.slice(0, slash);
  const set = Object.hasOwn(sets, id) ? sets[id] : undefined;
  const command = set !== undefined && Object.hasOwn(set.commands, name) ? set.commands[name] : undefined;
  return set === undefined || command === undefined ? undefined : { set, command };
}

export function commandNames(sets: CommandSets): readonly string[] {
  return Object.values(sets).flatMap((set) => Object.keys(set.commands));
}
