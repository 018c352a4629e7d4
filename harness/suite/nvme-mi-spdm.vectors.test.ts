import { decodeBody, encodeRequest, encodeResponse, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { fromHex, toHex } from '../codec/octets';
import { commands as sets } from './testing/command-tables';

/**
 * Messages from the type octet on, as public device models and host libraries have them (nvme-mi-dev, libnvme, libspdm);
 * every integrity check was computed apart from this code.
 */

function named(name: string) {
  const command = findCommand(sets, name);
  const set = command === undefined ? undefined : sets[command.set];
  if (command === undefined || set === undefined) throw new Error(name);
  return { set, command };
}

const requests: readonly (readonly [string, string, FieldValues])[] = [
  ['nvme-mi/readDataStructure', '84080000 00000000 00000000 00000000 E2000607', { structure: 0 }],
  ['nvme-mi/readDataStructure', '84080000 00000000 00000001 00000000 4E6F173F', { structure: 1, port: 0 }],
  ['nvme-mi/readDataStructure', '84080000 00000000 00000201 00000000 8DCF9BE4', { structure: 1, port: 2 }],
  ['nvme-mi/subsystemHealthStatusPoll', '84080000 01000000 00000000 00000000 D2D47736', {}],
  ['nvme-mi/subsystemHealthStatusPoll', '84080000 01000000 00000000 00000080 AAEF81B4', { clearStatus: 1 }],
  [
    'nvme-mi/controllerHealthStatusPoll',
    '84080000 02000000 00000280 00000000 1DDDCBD0',
    { firstController: 0, mostEntries: 2, reportAll: 1 },
  ],
  ['spdm/getVersion', '05 10 84 00 00', {}],
];

const health = { driveFunctional: 1, resetNotRequired: 1, port0LinkActive: 1, lifeUsed: 0x26 };

/** Name, octets, fields that are matched, and of the request what the layout follows from. */
const responses: readonly (readonly [string, string, FieldValues, FieldValues])[] = [
  [
    'nvme-mi/subsystemHealthStatusPoll',
    '84880000 00000000 383D1426 00000000 117CB03D',
    { ...health, smartWarnings: 0x3d, compositeTemperature: 20 },
    {},
  ],
  ...(
    [
      ['3F', 'C4', '82F9B63F'],
      ['3D', 'C4', '12A0B0EF'],
      ['3D', 'C5', '0BCB8000'],
      ['3D', '00', '587B494F'],
      ['3D', '7E', 'AB89CA0D'],
      ['3D', '7F', 'B2E2FAE2'],
    ] as const
  ).map(
    ([warnings, temperature, mic]) =>
      [
        'nvme-mi/subsystemHealthStatusPoll',
        `84880000 00000000 38${warnings}${temperature}26 00000000 ${mic}`,
        {
          ...health,
          smartWarnings: Number.parseInt(warnings, 16),
          compositeTemperature: Number.parseInt(temperature, 16),
        },
        {},
      ] as const,
  ),
  [
    'nvme-mi/controllerHealthStatusPoll',
    '84880000 00000001 00000000 25012664 00000000 00000000 1CF39497',
    {
      entryCount: 1,
      entries: [
        {
          controller: 0,
          controllerStatus: 0,
          compositeTemperature: 293,
          lifeUsed: 0x26,
          spare: 100,
          criticalWarning: 0,
          reservedHealth: '00000000000000',
        },
      ],
    },
    {},
  ],
  ['nvme-mi/configurationGet', '84880000 00000000 24557722', {}, { configuration: 2 }],
];

const refusals: readonly (readonly [number, string, FieldValues])[] = [
  [0x03, '84880000 03000000 1DDC5540', { detail: '000000' }],
  [0x04, '84880000 04000000 D7645559', { parameterOffset: 0, parameterBit: 0 }],
  [0x05, '84880000 05000000 6FCE1084', { detail: '000000' }],
  [0x06, '84880000 06000000 564732E6', { detail: '000000' }],
  [0x07, '84880000 07000000 EEED773B', { detail: '000000' }],
  [0x01, '84880000 01000500 37061AA2', { moreProcessingTime: 5 }],
];

/** A well-formed request whose octets before the check were cut or made longer. */
const misshapen: readonly (readonly [string, string])[] = [
  ['short header', '84080000 000000 57B9B68B'],
  ['missing dword 1', '84080000 00000000 00000000 C940D78B'],
  ['extra request data', '84080000 00000000 00000000 00000000 00000000 CCDF2664'],
  ['a response in place of a request', '84800000 48C4C2EA'],
];

describe('NVMe-MI and SPDM', () => {
  it.each(requests)('%s has the request %s', (name, hex, fields) => {
    const { set, command } = named(name);
    const octets = fromHex(hex.replaceAll(' ', ''));
    expect(toHex(encodeRequest(set, command, fields, {}))).toBe(toHex(octets));
    const body = decodeBody(set, octets, 'request');
    expect(body).toMatchObject({ command: { name }, fields, trailing: '' });
    expect(body.problem).toBeUndefined();
    if (set.id === 'nvme-mi') expect(body.statuses).toEqual({ micStatus: 'good' });
  });

  it.each(responses)('%s has the response %s', (name, hex, fields, request) => {
    const { set, command } = named(name);
    const octets = fromHex(hex.replaceAll(' ', ''));
    expect(toHex(encodeResponse(set, command, fields, command.header, request))).toBe(toHex(octets));
    const body = decodeBody(set, octets, 'response', command, request);
    expect(body).toMatchObject({ command: { name }, completionCode: 0, fields, trailing: '' });
    expect(body.problem).toBeUndefined();
    expect(body.statuses).toEqual({ micStatus: 'good' });
  });

  it.each(refusals)('a refusal with status %i is %s', (completionCode, hex, fields) => {
    const { set, command } = named('nvme-mi/readDataStructure');
    const octets = fromHex(hex.replaceAll(' ', ''));
    expect(toHex(encodeResponse(set, command, { completionCode, ...fields }, { nmimt: 1 }))).toBe(toHex(octets));
    const body = decodeBody(set, octets, 'response', command, { structure: 0 });
    expect(body).toMatchObject({ completionCode, fields: { status: completionCode, ...fields }, trailing: '' });
    expect(body.statuses).toEqual({ micStatus: 'good' });
  });

  it.each(misshapen)('a %s keeps its check: %s', (_title, hex) => {
    const { set } = named('nvme-mi/readDataStructure');
    const body = decodeBody(set, fromHex(hex.replaceAll(' ', '')), 'request');
    expect(body.statuses).toEqual({ micStatus: 'good' });
  });

  it('an admin request is 68 octets and the check', () => {
    const { set, command } = named('nvme-mi/identify');
    const octets = encodeRequest(set, command, { cns: 1, dataLength: 4096 }, {});
    expect(octets.length).toBe(68 + 4);
    expect(toHex(octets.subarray(0, 8))).toBe('8410000006030000');
    expect(toHex(octets.subarray(28, 36))).toBe('0000000000100000');
    expect(octets[44]).toBe(1);
  });

  it('SPDM answers have the code of the request without its first bit, and ERROR its code in the first parameter', () => {
    const { set, command } = named('spdm/getVersion');
    const versions = [{ major: 1, minor: 2, update: 0, alpha: 0 }];
    const answer = encodeResponse(set, command, { versions }, { spdmVersion: 0x10 });
    expect(toHex(answer)).toBe('0510040000' + '0001' + '0012');
    expect(decodeBody(set, answer, 'response', command)).toMatchObject({ completionCode: 0, fields: { versions } });
    const refusal = encodeResponse(set, command, { completionCode: 0x41 }, { spdmVersion: 0x10 });
    expect(toHex(refusal)).toBe('05107f4100');
    expect(decodeBody(set, refusal, 'response', command)).toMatchObject({ completionCode: 0x41, fields: {} });
  });
});
