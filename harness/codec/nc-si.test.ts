import { commands as sets } from '../suite/testing/command-tables';
import type { Command, CommandSet } from './command';
import { decodeBody, encodeRequest, encodeResponse, findCommand } from './command';
import type { FieldValues } from './field-spec';
import { fromHex, toHex } from './octets';

/** Published octets of NC-SI over MCTP (DSP0222, DSP0261), bodies from the type octet on. */

function named(name: string): { readonly set: CommandSet; readonly command: Command } {
  const command = findCommand(sets, `nc-si/${name}`);
  const set = sets['nc-si'];
  if (command === undefined || set === undefined) throw new Error(name);
  return { set, command };
}

type Vector = readonly [title: string, command: string, hex: string, header: FieldValues, fields: FieldValues];

const NOTHING = '00 00 00 00 00 00 00 00';

const requests: readonly Vector[] = [
  [
    'Clear Initial State',
    'clearInitialState',
    `02 00 01 00 01 00 00 00 00 ${NOTHING} FF FF FF FE`,
    { instanceId: 1 },
    {},
  ],
  [
    'Select Package, hardware arbitration off',
    'selectPackage',
    `02 00 01 00 02 01 1F 00 04 ${NOTHING} 00 00 00 01 FF FF FE D9`,
    { instanceId: 2, channel: 0x1f },
    { hardwareArbitrationDisable: 1 },
  ],
  ['Get Link Status', 'getLinkStatus', `02 00 01 00 03 0A 00 00 00 ${NOTHING} FF FF F5 FC`, { instanceId: 3 }, {}],
  ['Get Version ID', 'getVersionId', `02 00 01 00 04 15 00 00 00 ${NOTHING} FF FF EA FB`, { instanceId: 4 }, {}],
  ['Get Capabilities', 'getCapabilities', `02 00 01 00 08 16 00 00 00 ${NOTHING} FF FF E9 F7`, { instanceId: 8 }, {}],
  [
    'Get ASIC Temperature without payload',
    'getAsicTemperature',
    `02 00 01 00 05 48 1F 00 00 ${NOTHING} FF FF B7 DB`,
    { instanceId: 5, channel: 0x1f },
    { reserved: '' },
  ],
  [
    'Get ASIC Temperature with reserved octets',
    'getAsicTemperature',
    `02 00 01 00 05 48 1F 00 04 ${NOTHING} 00 00 00 00 FF FF B7 D7`,
    { instanceId: 5, channel: 0x1f },
    { reserved: '00000000' },
  ],
  [
    'Get Transceiver Temperature without payload',
    'getTransceiverTemperature',
    `02 00 01 00 06 4A 00 00 00 ${NOTHING} FF FF B5 F9`,
    { instanceId: 6 },
    { reserved: '' },
  ],
  [
    'Get Transceiver Temperature with reserved octets',
    'getTransceiverTemperature',
    `02 00 01 00 06 4A 00 00 04 ${NOTHING} 00 00 00 00 FF FF B5 F5`,
    { instanceId: 6 },
    { reserved: '00000000' },
  ],
  [
    'Get Package UUID',
    'getPackageUuid',
    `02 00 01 00 07 52 1F 00 00 ${NOTHING} FF FF AD D9`,
    { instanceId: 7, channel: 0x1f },
    {},
  ],
];

const responses: readonly Vector[] = [
  [
    'Clear Initial State',
    'clearInitialState',
    `02 00 01 00 01 80 00 00 04 ${NOTHING} 00 00 00 00 FF FF 7F FA`,
    { instanceId: 1 },
    { reasonCode: 0 },
  ],
  [
    'Get Link Status, 40 Gb/s and negotiated',
    'getLinkStatus',
    `02 00 01 00 03 8A 00 00 10 ${NOTHING} 00 00 00 00 00 00 00 77 00 00 00 01 00 00 00 00 FF FF 75 74`,
    { instanceId: 3 },
    {
      linkUp: 1,
      speedDuplex: 0xb,
      autoNegotiationEnabled: 1,
      autoNegotiationComplete: 1,
      hostDriverOperational: 1,
      oemLinkStatus: 0,
    },
  ],
  [
    'Get ASIC Temperature, 62 of 105',
    'getAsicTemperature',
    `02 00 01 00 05 C8 1F 00 08 ${NOTHING} 00 00 00 00 00 69 00 3E FF FF 37 2C`,
    { instanceId: 5, channel: 0x1f },
    { maximumTemperature: 105, currentTemperature: 62 },
  ],
  [
    'Get ASIC Temperature, unsupported',
    'getAsicTemperature',
    `02 00 01 00 05 C8 00 00 04 ${NOTHING} 00 03 7F FF FF FE B7 F4`,
    { instanceId: 5, channel: 0 },
    { completionCode: 3, reasonCode: 0x7fff },
  ],
  [
    'Get Transceiver Temperature, 75/70/41',
    'getTransceiverTemperature',
    `02 00 01 00 06 CA 00 00 0C ${NOTHING} 00 00 00 00 00 4B 00 46 00 29 00 00 FF FF 35 33`,
    { instanceId: 6 },
    { highAlarm: 75, highWarning: 70, temperature: 41 },
  ],
];

const hexOf = (text: string): string => toHex(fromHex(text.replace(/\s/g, '')));

describe('NC-SI over MCTP', () => {
  it.each(requests)('has the request %s', (_, name, hex, header, fields) => {
    const { set, command } = named(name);
    expect(toHex(encodeRequest(set, command, fields, header))).toBe(hexOf(hex));
    const body = decodeBody(set, fromHex(hexOf(hex)), 'request');
    expect(body).toMatchObject({ command: { name: `nc-si/${name}` }, header, fields, trailing: '' });
    expect(body.problem).toBeUndefined();
  });

  it.each(responses)('has the response %s', (_, name, hex, header, fields) => {
    const { set, command } = named(name);
    expect(toHex(encodeResponse(set, command, fields, header))).toBe(hexOf(hex));
    const { completionCode = 0, ...own } = fields;
    const body = decodeBody(set, fromHex(hexOf(hex)), 'response', command);
    expect(body).toMatchObject({ header, completionCode, fields: own, trailing: '' });
    expect(body.problem).toBeUndefined();
  });
});
