import { fromHex, toHex } from '../codec/octets';
import { messageTypes } from '../names';
import { commands } from '../suite/testing/command-tables';
import { classClaims, discoveryCommands, emulatedClasses } from './classes';
import { ask, endpoint } from './testing/lab';

describe.each(emulatedClasses)('claims of class %s', (name) => {
  const { mctp } = classClaims[name];
  const device = () => endpoint({ class: name });
  const hex = (value: number): string => value.toString(16).padStart(2, '0');

  it('name the message types that it lists, and control', () => {
    const listed = [...fromHex(ask(device(), '008105')).subarray(5)];
    const claimed = mctp.messageTypes.map((type) => messageTypes[type as keyof typeof messageTypes]);
    expect(claimed).toEqual([messageTypes.control, ...listed]);
  });

  it('name exactly the control commands that it does not refuse as unsupported', () => {
    const supported = Object.values(commands.control?.commands ?? {})
      .filter(({ code }) => ask(device(), `0081${hex(code)}`) !== `0001${hex(code)}05`)
      .map((command) => command.name);
    const discovery: readonly string[] = discoveryCommands;
    expect(supported).toEqual(mctp.commands.filter((command) => !discovery.includes(command)));
  });

  it('name the UUID and version that it reports', () => {
    expect(ask(device(), '008103').slice(8)).toBe(mctp.uuid.replaceAll('-', ''));
    const last = ask(device(), '008104ff').slice(-8);
    expect([...last.slice(0, 6).matchAll(/f(\d)/g)].map(([, digit]) => digit).join('.')).toBe(mctp.version);
  });

  it('name the vendors that the walk finds', () => {
    const found: string[] = [];
    for (let selector = 0; selector !== 0xff && found.length < 10; ) {
      const body = fromHex(ask(device(), `008106${hex(selector)}`));
      found.push(toHex(body.subarray(5, -2)));
      selector = body[4] ?? 0xff;
    }
    expect(found).toEqual(mctp.vendors.map((vendor) => hex(vendor.format) + vendor.id));
  });

  it('name PLDM types only where PLDM is a message type', () => {
    const claims = classClaims[name];
    const types = claims.pldm?.types ?? [];
    const bits = types.reduce((all, type) => all | (1 << type), 0);
    const answer = ask(device(), '01810004');
    expect(answer).toBe(types.length === 0 ? '' : `0101000400${hex(bits)}00000000000000`);
  });
});
