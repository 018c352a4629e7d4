import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CertifyError, messageOf } from '../errors';
import { messageTypeName, messageTypes } from '../names';
import type { RecordSink } from '../record/lines';
import { openRun, scopeOf } from '../run/session';
import type { Survey } from '../run/survey';
import type { Parameters } from '../suite/compiled';
import { openDevice } from './run';
import { selectTarget } from './select-profile';

interface ProbeFlags {
  readonly device: string;
  readonly profile?: string;
  readonly out?: string;
  readonly id?: string;
}

const nowhere: RecordSink = { write: () => undefined };

/** Writes a device file from what a live device tells; nothing is moved. Ends with 1 where something is wrong with it. */
export async function runProbe(flags: ProbeFlags): Promise<number> {
  if (flags.out !== undefined) refuseExisting(flags.out);
  const target = await selectTarget({ profile: flags.profile ?? 'endpoint', device: flags.device });
  const { library, claims } = target;
  const transport = await openDevice(target, flags.device, () => undefined);
  try {
    const { eid: _named, ...addressing } = transport.addressing ?? {};
    const parameters: Parameters = { ...target.parameters, ...addressing };
    const scope = scopeOf(transport, parameters, { exclusive: false, allow: [], readOnly: true });
    const { commands, requirements } = library;
    const wanted = { transport, sink: nowhere, commands, requirements, parameters, claims, scope };
    const run = openRun({ ...wanted, strict: false, thorough: false });
    await run.discover();
    const found = await run.survey();
    const text = deviceText(found, flags, addressing);
    const file = flags.out ?? `${idOf(found, flags)}.yaml`;
    if (file === '-') process.stdout.write(text);
    else {
      refuseExisting(file);
      write(file, text);
      process.stdout.write(`${file}: ${summary(found)}\n`);
    }
    for (const wrong of found.wrong) process.stderr.write(`wrong at first sight: the device ${wrong}\n`);
    if (file !== '-') process.stdout.write(`next: mctp-certify run ${profileOf(found, flags)} --config ${file}\n`);
    return found.wrong.length === 0 ? 0 : 1;
  } finally {
    await transport.close();
  }
}

function refuseExisting(file: string): void {
  if (file !== '-' && existsSync(file))
    throw new CertifyError('USAGE', `${file} is there already: name another with --out`, { file });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (thrown) {
    throw new CertifyError('OUTPUT', `cannot write ${file}: ${messageOf(thrown)}`, { file }, thrown);
  }
}

function idOf({ uuid, eid }: Survey, { id }: ProbeFlags): string {
  if (id !== undefined) return id;
  const digits = uuid?.replace(/-/g, '').slice(0, 8);
  return digits === undefined ? `device-eid-${eid}` : `device-${digits}`;
}

/** The class that the message types speak of; the user knows better. */
function profileOf({ role, types, pldmTypes }: Survey, { profile }: ProbeFlags): string {
  if (profile !== undefined) return profile;
  if (role === 'bridge') return 'bridge';
  if (types.includes(messageTypes['nvme-mi'])) return 'ssd';
  if (types.includes(messageTypes['nc-si'])) return 'nic';
  return pldmTypes.length > 0 ? 'hba' : 'endpoint';
}

function summary({ types, pldmTypes, vendors, uuid }: Survey): string {
  const words = [
    types.map(messageTypeName).join(' '),
    ...(pldmTypes.length === 0 ? [] : [`PLDM types ${pldmTypes.join(' ')}`]),
    ...(vendors.length === 0 ? [] : [`${vendors.length} vendor-defined sets`]),
    uuid === undefined ? 'no UUID' : `UUID ${uuid}`,
  ];
  return words.join(', ');
}

/** Control commands that would move something: those that go with what the device has are taken for granted. */
function assumed({ role, commands }: Survey): readonly string[] {
  return [
    'setEndpointId',
    ...(role === 'bridge' ? ['allocateEndpointIds', 'routingInformationUpdate'] : []),
    ...(commands.queryRateLimit === 'yes' ? ['requestTxRateLimit', 'updateRateLimit'] : []),
  ];
}

/** What products over MCTP have or not, and what asking would move: their maker knows. */
const NCSI_MOVES = ['selectPackage', 'resetChannel', 'setLink', 'aenEnable'] as const;

function deviceText(found: Survey, flags: ProbeFlags, addressing: object): string {
  const { role, commands } = found;
  const has = (name: string): boolean => commands[name] === 'yes';
  const names = Object.keys(commands);
  const control = [...assumed(found), ...names.filter((name) => !name.includes('/') && has(name))];
  const of = (set: string): readonly string[] =>
    names.filter((name) => name.startsWith(`${set}/`) && has(name)).map((name) => name.slice(set.length + 1));
  const types = ['control', ...found.types.filter((type) => type !== messageTypes.control).map(typeWord)];
  const list = (entries: readonly (string | number)[]): string => `[${entries.join(', ')}]`;
  const version = found.versions.base?.at(-1);
  const speaks = (name: keyof typeof messageTypes): boolean => found.types.includes(messageTypes[name]);
  const parameters = Object.entries(addressing).filter(([, value]) => typeof value === 'number');
  const lines = [
    '# Written from what the device told of itself; nothing was moved. Correct what it told wrong: claims are what it is held to.',
    `# UUID ${found.uuid ?? 'none'}, EID ${found.eid}${found.vendors.length === 0 ? '' : `, vendor ids ${found.vendors.map(({ id }) => id).join(' ')}`}`,
    ...found.wrong.map((text) => `# wrong at first sight: the device ${text}`),
    `# Assumed without asking, for it would move something: ${assumed(found).join(', ')}`,
    ...(speaks('nc-si')
      ? [`# Not asked for the same reason, and not claimed: add to nc-si what it has of ${NCSI_MOVES.join(', ')}`]
      : []),
    `device: ${idOf(found, flags)}`,
    `profile: ${profileOf(found, flags)}`,
    `uri: ${JSON.stringify(flags.device)}`,
    'claims:',
    '  mctp:',
    ...(version === undefined ? [] : [`    version: ${/^\d+\.\d+$/.test(version) ? `"${version}"` : version}`]),
    `    role: ${role}`,
    `    messageTypes: ${list(types)}`,
    '    commands:',
    ...control.map((name) => `      - ${name}`),
    `    staticEid: ${found.staticEid}`,
    ...pldmLines(found, speaks('pldm')),
    ...(speaks('nc-si') ? ncsiLines(found, of('nc-si')) : []),
    ...(speaks('nvme-mi') ? nvmeLines(found, of('nvme-mi')) : []),
    ...(speaks('spdm') ? [`  spdm: { versions: ${list(found.spdmVersions.map((each) => `"${each}"`))} }`] : []),
    ...(parameters.length === 0 ? [] : ['parameters:', ...parameters.map(([name, value]) => `  ${name}: ${value}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function typeWord(type: number): string | number {
  const name = messageTypeName(type);
  return name.startsWith('0x') ? type : name;
}

function pldmLines({ pldmTypes, pldmCommands }: Survey, speaks: boolean): readonly string[] {
  if (!speaks) return ['  pldm: { types: [] }'];
  return [
    '  pldm:',
    `    types: [${pldmTypes.join(', ')}]`,
    ...(pldmCommands.length === 0 ? [] : ['    commands:', ...pldmCommands.map((name) => `      - ${name}`)]),
  ];
}

function ncsiLines({ ncsiVersion, channels }: Survey, commands: readonly string[]): readonly string[] {
  return [
    '  nc-si:',
    ...(ncsiVersion === undefined ? [] : [`    version: "${ncsiVersion}"`]),
    `    channels: [${channels.join(', ')}]`,
    ...(commands.length === 0 ? [] : ['    commands:', ...commands.map((name) => `      - ${name}`)]),
  ];
}

function nvmeLines({ nvmeVersion, nvmeCommands = [] }: Survey, asked: readonly string[]): readonly string[] {
  const commands = [...new Set([...asked, ...nvmeCommands])];
  return [
    '  nvme-mi:',
    ...(nvmeVersion === undefined ? [] : [`    version: "${nvmeVersion}"`]),
    ...(commands.length === 0 ? [] : ['    commands:', ...commands.map((name) => `      - ${name}`)]),
  ];
}

export function register(program: Command): void {
  program
    .command('probe')
    .description('writes a first device file from what a live device tells of itself; nothing is moved')
    .requiredOption('--device <uri>', 'the device, as for run')
    .option('--profile <name>', 'the profile of the file (default: by its message types)')
    .option('--id <id>', 'the id of the device (default: by its UUID)')
    .option('--out <file>', 'the file, or - for standard output (default: ID.yaml)')
    .action(async (flags: ProbeFlags) => {
      process.exitCode = await runProbe(flags);
    });
}
