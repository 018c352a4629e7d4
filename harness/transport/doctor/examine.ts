import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CertifyError } from '../../errors';
import { printable } from '../child';
import { loadI2cBus } from '../i2c-writer';
import { openTransport } from '../open';
import { relayCommand, relayPath } from '../relay-binary';
import { openSession } from '../relay-open';
import type { RelayHello } from '../relay-protocol';
import type { DeviceUri } from '../uri';
import { readFacts } from './facts';
import { type Finding, findingsOf, type Tools } from './findings';
import { thisMachine } from './machine';

export interface Examination {
  readonly findings: readonly Finding[];
  /** Whether the named device can be opened; undefined where none is named. */
  readonly ready: boolean | undefined;
}

const run = promisify(execFile);

/** Looks at this machine, and opens the way to the named device; nothing is sent to it. */
export async function examine(device: DeviceUri | undefined): Promise<Examination> {
  const machine = thisMachine();
  const facts = readFacts(machine);
  const general = findingsOf(facts, await lookForTools(), device);
  if (device === undefined) return { findings: general, ready: undefined };
  const way = await tryWay(device);
  const ready = way.every(({ level }) => level !== 'missing');
  // What can be opened lacks nothing, whatever the files say: a module may have been loaded for it just now.
  const findings = ready
    ? general.map((each) => (each.level === 'missing' ? { ...each, level: 'note' as const } : each))
    : general;
  return { findings: [...findings, ...way], ready };
}

async function lookForTools(): Promise<Tools> {
  const path = relayPath();
  const version = await run(path, ['--version'], { timeout: 5_000 }).catch(() => undefined);
  return {
    relay: version === undefined ? undefined : printable(version.stdout.trim()),
    relayPath: path,
    i2cBus: loadI2cBus() !== undefined,
    serialport: loads('serialport'),
  };
}

function loads(name: string): boolean {
  try {
    require(name);
    return true;
  } catch {
    return false;
  }
}

async function tryWay(device: DeviceUri): Promise<readonly Finding[]> {
  const topic = 'device';
  if (device.scheme === 'sim') return [{ topic, level: 'ok', text: `${device.uri} needs nothing of this machine` }];
  const said: string[] = [];
  try {
    const command = relayOf(device);
    const found = command === undefined ? [] : await askRelay(command);
    const transport = await openTransport(device, { onLog: (line) => said.push(line) });
    const { binding, plane, acknowledges } = transport;
    await transport.close();
    const text = `${device.uri} can be opened: ${binding}, ${plane}${acknowledges ? ', with acknowledge' : ''}`;
    const notes = said.map((line): Finding => ({ topic, level: 'note', text: line }));
    return [...found, ...notes, { topic, level: 'ok', text }];
  } catch (error) {
    if (!(error instanceof CertifyError)) throw error;
    const last = said.at(-1);
    const repeats = last === undefined || error.message.includes(last) || last.includes(error.message);
    const more = repeats ? '' : ` (it said: ${last})`;
    return [{ topic, level: 'missing', text: `${error.message}${more}` }];
  }
}

/** Of the ways that a relay leads, those on which it has something to say of itself. */
function relayOf(device: DeviceUri): string | undefined {
  if (device.scheme === 'relay') return device.command;
  return device.scheme === 'mctp' ? relayCommand('mctp', 'mctp', device.target) : undefined;
}

/** What the machine beside the device says of itself. */
async function askRelay(command: string): Promise<readonly Finding[]> {
  const session = await openSession({ command });
  const found = describeHost(session.hello, session.clock.lag);
  await session.close();
  return found;
}

/** Pure: a relay's hello for people. */
export function describeHost(hello: RelayHello, lagNs: number): readonly Finding[] {
  const topic = 'relay';
  const { host, program, description, attributes, capabilities, ownEids, unit } = hello;
  const machine = [attributes.kernel, attributes.machine].filter((each) => each !== undefined).join(' ');
  const found: Finding[] = [
    {
      topic,
      level: 'ok',
      text: printable(`${program} on ${host}${machine === '' ? '' : ` (${machine})`}: ${description}`),
    },
    {
      topic,
      level: 'ok',
      text: `up to ${unit} octets in one piece; answers may take ${Math.round(lagNs / 1e6)} ms through the link`,
    },
  ];
  if (ownEids.length > 0) found.push({ topic, level: 'ok', text: `its own EIDs: ${[...ownEids].join(' ')}` });
  for (const what of ['routes', 'neighbours'] as const) {
    const said = attributes[what];
    if (said !== undefined) found.push({ topic, level: 'ok', text: `${what}: ${printable(said) || 'none'}` });
  }
  if (attributes['pldm-ids'] === 'shared') {
    const text = 'PLDM instance ids are locked in the database of libpldm, beside pldmd and the like';
    found.push({ topic, level: 'ok', text });
  }
  if (attributes.ncsi !== undefined) {
    const text = `${printable(attributes.ncsi)} of ${printable(host)} reaches its card by NC-SI: cases that clear the initial state of NC-SI channels do not run`;
    found.push({ topic, level: 'note', text, type: 'if that card is another one: --allow nc-si-initial-state' });
  }
  if (attributes.state === 'down') {
    const name = printable(attributes.interface ?? 'the interface');
    found.push({ topic, level: 'missing', text: `${name} is down`, type: `there: mctp link set ${name} up` });
  }
  if (!capabilities.includes('restores-on-loss')) {
    found.push({
      topic,
      level: 'note',
      text: 'it restores nothing when the link is lost: use mctp-certify restore then',
    });
  }
  return found;
}
