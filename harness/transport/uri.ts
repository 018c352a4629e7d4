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
  | { readonly scheme: 'replay'; readonly uri: string; readonly path: string }
  | { readonly scheme: 'relay'; readonly uri: string; readonly command: string }
  | {
      readonly scheme: 'mctp';
      readonly uri: string;
      readonly interface: string;
      readonly eid: number;
      /** All of it, as the relay takes it. */
      readonly target: string;
    }
  | {
      readonly scheme: 'i2c';
      readonly uri: string;
      readonly bus: number;
      /** 7-bit SMBus address of the device. */
      readonly address: number;
      readonly own: number;
      readonly targetBus: number;
      readonly target: string;
    };

export const DEFAULT_BAUD = 115_200;

const forms = {
  sim: 'sim:CLASS[?binding=smbus|serial&deviation=NAME&deviation=…]',
  serial: 'serial:PATH[?baud=N]',
  bridge: 'bridge:smbus:COMMAND or bridge:serial:COMMAND',
  replay: 'replay:RECORD',
  mctp: 'mctp:IFACE/EID[?address=0x1d&binding=…&net=N]',
  i2c: 'i2c:BUS@ADDR[?own=0x10&target=BUS]',
  relay: 'relay:COMMAND',
} as const;
type Scheme = keyof typeof forms;

/** The parts of a device URI. Anything wrong in it is a `USAGE` or `UNKNOWN_NAME` error that says what is right. */
export function parseUri(uri: string): DeviceUri {
  const colon = uri.indexOf(':');
  const scheme = colon < 0 ? '' : uri.slice(0, colon);
  if (!isScheme(scheme)) throw unknownScheme(uri, scheme);
  const rest = uri.slice(colon + 1);
  switch (scheme) {
    case 'sim':
      return parseSim(uri, rest);
    case 'serial':
      return parseSerial(uri, rest);
    case 'bridge':
      return parseBridge(uri, rest);
    case 'relay':
      if (rest.trim() === '') throw usage(uri, 'relay', 'names no command');
      return { scheme: 'relay', uri, command: rest };
    case 'mctp':
      return parseMctp(uri, rest);
    case 'i2c':
      return parseI2c(uri, rest);
    default:
      if (rest === '') throw usage(uri, 'replay', 'names no record');
      return { scheme: 'replay', uri, path: rest };
  }
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(forms, text);
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

/** DSP0239's bindings by the names that the kernel gives them. */
const linuxBindings = ['smbus', 'pcie-vdm', 'usb', 'kcs', 'serial', 'i3c', 'mmbi'];

function parseMctp(uri: string, rest: string): DeviceUri {
  const { path, parameters } = split(uri, 'mctp', rest, ['address', 'binding', 'net']);
  const [name = '', eidText = '', ...more] = path.split('/');
  const eid = toNumber(eidText, 0, 254);
  if (name === '' || /\s/.test(name) || eid === undefined || more.length > 0) {
    throw usage(uri, 'mctp', 'names no interface and EID (0 to 254)');
  }
  const address = single(uri, 'mctp', parameters, 'address');
  if (address !== undefined && toNumber(address, 0x08, 0x77) === undefined) {
    throw usage(uri, 'mctp', `has the address ${JSON.stringify(address)}, which is not from 0x08 to 0x77`);
  }
  const net = single(uri, 'mctp', parameters, 'net');
  if (net !== undefined && toNumber(net, 1, 0xffffffff) === undefined) {
    throw usage(uri, 'mctp', `has the network ${JSON.stringify(net)}, which is none`);
  }
  const binding = single(uri, 'mctp', parameters, 'binding');
  if (binding !== undefined && !linuxBindings.includes(binding)) {
    throw usage(uri, 'mctp', `has the binding ${JSON.stringify(binding)}, which is none of ${linuxBindings.join(' ')}`);
  }
  return { scheme: 'mctp', uri, interface: name, eid, target: rest };
}

function parseI2c(uri: string, rest: string): DeviceUri {
  const { path, parameters } = split(uri, 'i2c', rest, ['own', 'target', 'force']);
  const match = /^(?:\/dev\/)?(?:i2c-)?(\d{1,5})@(\w+)$/.exec(path);
  const bus = toNumber(match?.[1] ?? '', 0, 0xffff);
  const address = toNumber(match?.[2] ?? '', 0x08, 0x77);
  if (bus === undefined || address === undefined) {
    throw usage(uri, 'i2c', 'names no bus and 7-bit address (0x08 to 0x77)');
  }
  const own = toNumber(single(uri, 'i2c', parameters, 'own') ?? '0x10', 0x08, 0x77);
  if (own === undefined) throw usage(uri, 'i2c', 'has an own address that is not from 0x08 to 0x77');
  if (own === address) throw usage(uri, 'i2c', 'has the same address for the device and for us');
  const targetBus = toNumber(single(uri, 'i2c', parameters, 'target') ?? String(bus), 0, 0xffff);
  if (targetBus === undefined) throw usage(uri, 'i2c', 'has a target bus that is no number');
  const force = single(uri, 'i2c', parameters, 'force');
  if (force !== undefined && force !== '1') throw usage(uri, 'i2c', 'has a force that is not 1');
  return { scheme: 'i2c', uri, bus, address, own, targetBus, target: rest };
}

/** Decimal or 0x hexadecimal; undefined where it is no number within the bounds. */
function toNumber(text: string, least: number, most: number): number | undefined {
  const value = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
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
