import type { Checked, Known } from '../load';
import { checkFiles, emptyLibrary } from '../load';
import { commands } from './command-tables';

/** Lines of YAML without the indentation of the test around them. */
export function yaml(text: string): string {
  const lines = text.replace(/^\n/, '').split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}

const requirements = yaml(`
  requirements: DSP0236
  title: base
  entries:
    - id: DSP0236-PKT-VER-02
      version: 1.3.3
      clause: "8.7"
      level: mandatory
      confidence: high
      applies: { binding: any, role: endpoint }
      statement: A packet with another header version is dropped.
    - id: DSP0236-EXC-01
      version: 1.3.3
      clause: "1"
      level: mandatory
      confidence: high
      applies: { binding: [smbus], role: endpoint }
      statement: Needs an oscilloscope.
      excused: { kind: instrument, reason: needs an oscilloscope }
`);

export const known: Known = { deviations: ['accepts-any-header-version', 'drops-all'] };

/** The built-in tables, two requirements, and `text` as `suite.yaml`. */
export function check(text: string, options: Known = known, file = 'suite.yaml'): Checked {
  const base = { ...emptyLibrary, commands };
  const { library, problems } = checkFiles([{ file: 'requirements.yaml', text: requirements }], options, base);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  return checkFiles([{ file, text }], options, library);
}

/** `line:column message` of everything that is wrong with `text`. */
export function faults(text: string, options: Known = known): readonly string[] {
  return check(text, options).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** A suite of one case; `rest` are the lines after its title, of which `steps` stand alone. */
export function suiteOf(rest: string): string {
  const body = yaml(rest)
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
  return `suite: T/topic\ntitle: Topic\ncases:\n  - id: T/topic/1\n    title: does\n${body}\n`;
}
