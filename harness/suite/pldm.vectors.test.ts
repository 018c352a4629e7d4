import { crc32 } from '../codec/checksum';
import { decodeBody, encodeRequest, encodeResponse, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { decode, encode, layout } from '../codec/layout';
import { fromHex, toHex } from '../codec/octets';
import { commands as sets } from './testing/command-tables';

/** Messages from the type octet on, and structures, as public devices and libraries have them. */

function named(name: string) {
  const command = findCommand(sets, name);
  const set = command === undefined ? undefined : sets[command.set];
  if (command === undefined || set === undefined) throw new Error(name);
  return { set, command };
}

function structure(name: string) {
  const { set } = named('pldm/getTid');
  return layout(set.structures?.[name] ?? [], set.byteOrder);
}

const octets = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', ''));

/** Name, octets with request bit and instance id, fields. */
const requests: readonly (readonly [string, string, number, FieldValues])[] = [
  ['pldm/getSensorReading', '01 81 02 11 2C 01 00', 1, { sensorId: 300, rearm: 0 }],
  [
    'pldm/getPdr',
    '01 88 02 51 0D 00 00 00 00 00 00 00 01 80 00 00 00',
    8,
    { recordHandle: 13, transferHandle: 0, operation: 1, requestCount: 128, recordChangeNumber: 0 },
  ],
  ['pldm/getPldmVersion', '01 81 00 03 00 00 00 00 01 00', 1, { transferHandle: 0, operation: 1, pldmType: 0 }],
  ['pldm/getStatus', '01 81 05 1B', 1, {}],
  [
    'pldm/requestUpdate',
    '01 81 05 10 20 00 00 00 01 00 01 00 00 01 05 31 2E 34 2E 32',
    1,
    { maximumTransferSize: 32, componentCount: 1, maximumOutstanding: 1, packageDataLength: 0, version: '1.4.2' },
  ],
];

const responses: readonly (readonly [string, string, number, FieldValues])[] = [
  [
    'pldm/getSensorReading',
    '01 01 02 11 00 00 00 01 01 00 01 3E',
    1,
    {
      sensorDataSize: 0,
      operationalState: 0,
      eventEnable: 1,
      presentState: 1,
      previousState: 0,
      eventState: 1,
      reading: 62,
    },
  ],
  ['pldm/getPldmTypes', '01 01 00 04 00 35 00 00 00 00 00 00 00', 1, { types: [0, 2, 4, 5] }],
  [
    'pldm/getPldmVersion',
    '01 00 00 03 00 00 00 00 00 05 00 F0 F1 F1 BA BE 9D 53',
    0,
    { nextTransferHandle: 0, transferFlag: 5, portion: '00f0f1f1babe9d53' },
  ],
];

/** The record of Intel's N3000 (document 683186), which names record 1 where 13 was asked for. */
const n3000 = octets(
  '01000000 01 02 0000 5F00' +
    '3412 0100 3E00 0100 2301 00 00 02 00 00 00 00 00 00 00 00 01 05 0000003F 00000000 0000 02 02 14000000 05 06' +
    '00000000 00004040 FE000000 00000000 05 20' +
    '00000000 00000000 00000000 55000000 00000000 00000000 00000000 64000000 00000000',
);

/** Structure, octets, some of its fields. */
const structures: readonly (readonly [string, Uint8Array, FieldValues])[] = [
  [
    'pdr',
    n3000,
    {
      recordHandle: 1,
      pdrType: 2,
      dataLength: 95,
      terminusHandle: 0x1234,
      entityType: 0x3e,
      containerId: 0x123,
      baseUnit: 2,
      sensorDataSize: 5,
      resolution: 0.5,
      plusTolerance: 2,
      hysteresis: 20,
      upperWarningSupported: 1,
      upperCriticalSupported: 0,
      upperFatalSupported: 1,
      thresholdVolatility: 6,
      updateInterval: 3,
      maxReadable: 0xfe,
      fatalHighGiven: 1,
      criticalHighGiven: 0,
      warningHigh: 0x55,
      fatalHigh: 0x64,
    },
  ],
  [
    'fruTable',
    octets('01 00 01 03 01 05 04 41 43 4D 45 03 05 50 4E 2D 30 31 04 04 53 4E 34 32'),
    {
      records: [
        {
          recordSet: 1,
          recordType: 1,
          fieldCount: 3,
          encoding: 1,
          fields: [
            { type: 5, length: 4, value: 'ACME' },
            { type: 3, length: 5, value: 'PN-01' },
            { type: 4, length: 4, value: 'SN42' },
          ],
        },
      ],
      tail: '',
    },
  ],
  ['versionTable', octets('00 F0 F1 F1 BA BE 9D 53'), { versions: [{ version: '00f0f1f1' }], crc: 0x539dbeba }],
];

describe('PLDM', () => {
  it.each(requests)('%s has the request %s', (name, hex, instanceId, fields) => {
    const { set, command } = named(name);
    expect(toHex(encodeRequest(set, command, fields, { instanceId }))).toBe(toHex(octets(hex)));
    const body = decodeBody(set, octets(hex), 'request');
    expect(body).toMatchObject({ command: { name }, header: { instanceId, request: 1 }, fields, trailing: '' });
    expect(body.problem).toBeUndefined();
  });

  it.each(responses)('%s has the response %s', (name, hex, instanceId, fields) => {
    const { set, command } = named(name);
    expect(toHex(encodeResponse(set, command, fields, { ...command.header, instanceId }))).toBe(toHex(octets(hex)));
    const body = decodeBody(set, octets(hex), 'response');
    expect(body).toMatchObject({ command: { name }, completionCode: 0, fields, trailing: '' });
    expect(body.problem).toBeUndefined();
  });

  it.each(structures)('%s is read octet by octet, and written again', (name, data, fields) => {
    const table = structure(name);
    const decoded = decode(table, data);
    expect(decoded).toMatchObject({ ok: true, size: data.length, value: fields });
    expect(toHex(encode(table, decoded.value))).toBe(toHex(data));
  });

  it('answers GetPDR with the record of the N3000 in one part', () => {
    const { set, command } = named('pldm/getPdr');
    const message = octets(`01 08 02 51 00 02 00 00 00 00 00 00 00 05 69 00 ${toHex(n3000)}`);
    const body = decodeBody(set, message, 'response', command);
    expect(body.fields).toMatchObject({ nextRecordHandle: 2, transferFlag: 5, responseCount: 105 });
    expect(body.fields.recordData).toBe(toHex(n3000));
    expect(toHex(encodeResponse(set, command, body.fields, { ...command.header, instanceId: 8 }))).toBe(toHex(message));
  });

  it('has the published CRC-32 over a FRU table', () => {
    expect(crc32(structures[1]?.[1] ?? new Uint8Array(0))).toBe(0xabbd7b2d);
  });
});
