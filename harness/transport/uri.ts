import { type DeviceName, deviceNames } from '../emulator/classes';
import { CertifyError } from '../errors';
import { type Binding, bindings } from '../names';
import { nearest as nearestNames } from '../suite/problem';

/** What a `--device` says, taken apart and checked as far as text can be (design: reaching a device). */
export type DeviceUri =
  | {
      readonly scheme: 'sim';
      readonly uri: string;
      readonly class: DeviceName;
      readonly binding: Binding;
      readonly deviations: readonly string[];
    }
  | { readonly scheme: 'serial'; readonly uri: string; readonly path: string; readonly baud: number }
  | { readonly scheme: 'bridge'; readonly uri: string; readonly binding: Binding; readonly command: string }
  | { readonly scheme: 'replay'; readonly uri: string; readonly path: string };

export const DEFAULT_BAUD = 115_200;

const forms = {
  sim: 'sim:CLASS[?binding=smbus|serial&deviation=NAME&deviation=…]',
  serial: 'serial:PATH[?baud=N]',
  bridge: 'bridge:smbus:COMMAND or bridge:serial:COMMAND',
  replay: 'replay:RECORD',
  mctp: 'mctp:IFACE/EID[?address=0x1d&binding=…]',
  i2c: 'i2c:BUS@ADDR[?own=0x10&target=BUS]',
  relay: 'relay:COMMAND',
} as const;
type Scheme = keyof typeof forms;
/** Part of the language, and not of this version. */
const notBuilt: readonly Scheme[] = ['mctp', 'i2c', 'relay'];

/** The parts of a device URI. Anything wrong in it is a `USAGE` or `UNKNOWN_NAME` error that says what is right. */
export function parseUri(uri: string): DeviceUri {
  const colon = uri.indexOf(':');
  const scheme = colon < 0 ? '' : uri.slice(0, colon);
  if (!isScheme(scheme)) throw unknownScheme(uri, scheme);
  if (notBuilt.includes(scheme)) {
    const message = `${scheme}: devices cannot be opened by this version of mctp-certify; it opens ${available().join(' ')}`;
    throw new CertifyError('USAGE', message, { uri, scheme });
  }
  const rest = uri.slice(colon + 1);
  switch (scheme) {
    case 'sim':
      return parseSim(uri, rest);
    case 'serial':
      return parseSerial(uri, rest);
    case 'bridge':
      return parseBridge(uri, rest);
    default:
      if (rest === '') throw usage(uri, 'replay', 'names no record');
      return { scheme: 'replay', uri, path: rest };
  }
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(forms, text);
}

function available(): readonly string[] {
  return Object.keys(forms)
    .filter((scheme) => !notBuilt.includes(scheme as Scheme))
    .map((scheme) => `${scheme}:`);
}

function unknownScheme(uri: string, scheme: string): CertifyError {
  if (uri.startsWith('/dev/')) {
    return new CertifyError('USAGE', `--device ${JSON.stringify(uri)} has no scheme: write serial:${uri}`, { uri });
  }
  const close = nearest(scheme === '' ? uri : scheme, Object.keys(forms));
  const hint = close === undefined ? '' : `, did you mean ${close}: ?`;
  const what =
    scheme === '' ? `--device ${JSON.stringify(uri)} has no scheme` : `unknown scheme ${JSON.stringify(scheme)}`;
  const known = `known are ${Object.keys(forms)
    .map((name) => `${name}:`)
    .join(' ')}`;
  return new CertifyError('UNKNOWN_NAME', `${what}${hint === '' ? '; ' : `${hint} `}${known}`, { uri, scheme });
}

function usage(uri: string, scheme: Scheme, problem: string): CertifyError {
  return new CertifyError('USAGE', `${JSON.stringify(uri)} ${problem}: write ${forms[scheme]}`, { uri });
}

function parseSim(uri: string, rest: string): DeviceUri {
  const { path, parameters } = split(uri, 'sim', rest, ['binding', 'deviation']);
  const found = deviceNames.find((name) => name === path);
  if (found === undefined) {
    const close = nearest(path, deviceNames);
    const hint = close === undefined ? '' : `did you mean ${close}? `;
    const message = `no emulated device of class ${JSON.stringify(path)}: ${hint}known are ${deviceNames.join(' ')}`;
    throw new CertifyError('UNKNOWN_NAME', message, { uri, class: path });
  }
  const binding = toBinding(uri, 'sim', single(uri, 'sim', parameters, 'binding') ?? 'smbus');
  const deviations = parameters.filter(([name]) => name === 'deviation').map(([, value]) => value);
  if (deviations.includes('')) throw usage(uri, 'sim', 'has a deviation without a name');
  return { scheme: 'sim', uri, class: found, binding, deviations };
}

function parseSerial(uri: string, rest: string): DeviceUri {
  const { path, parameters } = split(uri, 'serial', rest, ['baud']);
  if (path === '') throw usage(uri, 'serial', 'names no device');
  const text = single(uri, 'serial', parameters, 'baud') ?? String(DEFAULT_BAUD);
  const baud = /^\d{2,8}$/.test(text) ? Number(text) : 0;
  if (baud < 50) throw usage(uri, 'serial', `has the baud rate ${JSON.stringify(text)}, which is none`);
  return { scheme: 'serial', uri, path, baud };
}

/** The command is the whole rest: question marks and colons in it are the shell's. */
function parseBridge(uri: string, rest: string): DeviceUri {
  const colon = rest.indexOf(':');
  if (colon < 0) throw usage(uri, 'bridge', 'names no command');
  const binding = toBinding(uri, 'bridge', rest.slice(0, colon));
  const command = rest.slice(colon + 1);
  if (command.trim() === '') throw usage(uri, 'bridge', 'names no command');
  return { scheme: 'bridge', uri, binding, command };
}

function toBinding(uri: string, scheme: Scheme, text: string): Binding {
  const found = bindings.find((name) => name === text);
  if (found === undefined) throw usage(uri, scheme, `has the binding ${JSON.stringify(text)}, which is none`);
  return found;
}

type Parameters = readonly (readonly [name: string, value: string])[];

function split(
  uri: string,
  scheme: Scheme,
  rest: string,
  known: readonly string[],
): { path: string; parameters: Parameters } {
  const mark = rest.indexOf('?');
  if (mark < 0) return { path: rest, parameters: [] };
  const parameters = [...new URLSearchParams(rest.slice(mark + 1))];
  for (const [name] of parameters) {
    if (known.includes(name)) continue;
    const close = nearest(name, known);
    const hint = close === undefined ? '' : `, did you mean ${close}?`;
    throw usage(uri, scheme, `has the unknown parameter ${JSON.stringify(name)}${hint}`);
  }
  return { path: rest.slice(0, mark), parameters };
}

function single(uri: string, scheme: Scheme, parameters: Parameters, name: string): string | undefined {
  const values = parameters.filter(([each]) => each === name);
  if (values.length > 1) throw usage(uri, scheme, `says ${name} more than once`);
  return values[0]?.[1];
}

/** The known name that a mistyped one most likely meant. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  return nearestNames(text, known, 1)[0];
}
