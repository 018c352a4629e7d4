import fc from 'fast-check';
import type { Command, CommandSet } from '../codec/command';
import { decodeBody, encodeRequest, encodeResponse, isRequestHeader } from '../codec/command';
import { fromHex, toHex } from '../codec/octets';
import { compileCommands } from './commands';
import { readSource } from './source';
import { yaml } from './testing/fixtures';

/** Sets of every shape that upper layers have, in small. Octets are the golden vectors of public sources. */

function compile(text: string): CommandSet {
  const [document] = readSource({ file: 'own.yaml', text: yaml(text) }).documents;
  if (document === undefined) throw new Error('no document');
  const { set, problems } = compileCommands(document);
  expect(problems.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([]);
  if (set === undefined) throw new Error('no set');
  return set;
}

function command(set: CommandSet, name: string): Command {
  const found = set.commands[`${set.id}/${name}`];
  if (found === undefined) throw new Error(name);
  return found;
}

const ncSi = compile(`
  commands: nc-si
  title: NC-SI control
  document: DSP0222
  messageType: 2
  byteOrder: big
  header:
    - { name: mcId, type: uint8 }
    - { name: headerRevision, type: uint8, default: 1 }
    - { name: reserved, type: uint8 }
    - { name: instanceId, type: uint8 }
    - { name: commandCode, type: uint8 }
    - bits: [{ name: package, width: 3 }, { name: channel, width: 5 }]
    - bits: [{ name: flags, width: 4 }, { name: payloadLength, width: 12 }]
    - { name: reserved8, type: bytes, length: 8 }
  length: payloadLength
  selects: [package, channel]
  answers:
    echoes: [instanceId, package, channel]
    code: { or: 0x80 }
    begins:
      - { name: responseCode, type: uint16 }
      - { name: reasonCode, type: uint16, codes: { NONE: 0, UNKNOWN_COMMAND: 0x7fff } }
    completionCode: responseCode
  trailer:
    - { name: pad, type: bytes, length: { align: 4 } }
    - { name: checksum, type: uint32, none: 0, compute: { checksum: sum16, from: header } }
  completionCodes: { COMPLETED: 0, UNSUPPORTED: 3 }
  table:
    selectPackage:
      code: 1
      title: Select Package
      clause: "8.4.3"
      defaults: { channel: 0x1f }
      request: [{ name: reserved, type: bytes, length: 3 }, { name: features, type: uint8 }]
      response: []
    getLinkStatus:
      code: 0x0a
      title: Get Link Status
      clause: "8.4.23"
      request: []
      response: [{ name: linkStatus, type: uint32 }, { name: other, type: uint32 }, { name: oem, type: uint32 }]
    asynchronousEvent:
      code: 0xff
      title: Asynchronous Event Notification
      clause: "8.5"
      from: device
      answered: false
      defaults: { instanceId: 0 }
      request:
        - { name: reserved, type: bytes, length: 3 }
        - { name: aenType, type: uint8, codes: { linkStatusChange: 0 } }
        - switch: aenType
          cases: { linkStatusChange: [{ name: linkStatus, type: uint32 }, { name: oem, type: uint32 }] }
          otherwise: [{ name: data, type: bytes, length: rest }]
      response: []
`);

const nvmeMi = compile(`
  commands: nvme-mi
  title: NVMe-MI
  document: NVMe-MI
  messageType: 4
  integrityCheck: 1
  byteOrder: little
  header:
    - bits: [{ name: ror, width: 1 }, { name: nmimt, width: 4 }, { name: reserved, width: 2 }, { name: csi, width: 1 }]
    - { name: flags, type: uint8 }
    - { name: reserved3, type: uint8 }
  requests:
    header: { ror: 0 }
    begins: [{ name: commandCode, type: uint8 }]
  answers:
    header: { ror: 1 }
    echoes: [nmimt, csi]
    begins: [{ name: status, type: uint8 }]
    completionCode: status
    failure:
      - switch: status
        cases: { 1: [{ name: reservedOctet, type: uint8 }, { name: moreProcessingTime, type: uint16 }] }
        otherwise: [{ name: detail, type: bytes, length: 3 }]
  trailer: [{ name: mic, type: uint32, compute: { checksum: crc32c, from: typeOctet } }]
  completionCodes: { SUCCESS: 0, MORE_PROCESSING_REQUIRED: 1, INVALID_PARAMETER: 4 }
  table:
    readDataStructure:
      code: 0
      title: Read NVMe-MI Data Structure
      clause: "5.7"
      header: { nmimt: 1 }
      request:
        - { name: reserved, type: bytes, length: 3 }
        - { name: controllerId, type: uint16 }
        - { name: portId, type: uint8 }
        - { name: structureType, type: uint8, codes: { subsystem: 0, port: 1 } }
        - { name: dword1, type: uint32 }
      response:
        - { name: dataLength, type: uint16, compute: { length: data } }
        - { name: reserved, type: uint8 }
        - name: data
          switch: request.structureType
          cases: { port: [{ name: portType, type: uint8 }, { name: rest, type: bytes, length: rest }] }
          otherwise: bytes
`);

const spdm = compile(`
  commands: spdm
  title: SPDM
  document: DSP0274
  messageType: 5
  byteOrder: little
  header:
    - { name: spdmVersion, type: uint8, default: 0x10 }
    - { name: commandCode, type: uint8 }
    - { name: param1, type: uint8 }
    - { name: param2, type: uint8 }
  selects: [spdmVersion, param1, param2]
  answers:
    code: { and: 0x7f }
    echoes: [spdmVersion]
    begins: []
    error: { code: 0x7f, completionCode: param1 }
    failure: [{ name: errorData, type: bytes, length: rest }]
  completionCodes: { SUCCESS: 0, INVALID_REQUEST: 1 }
  table:
    getVersion:
      code: 0x84
      title: GET_VERSION
      clause: "10.3"
      request: []
      response:
        - { name: reserved, type: uint8 }
        - { name: versionCount, type: uint8 }
        - { name: versions, list: uint16, count: { field: versionCount } }
`);

describe('NC-SI: length, pad and checksum follow, the answer has another code', () => {
  const request = (name: string, fields: object, header: object): string =>
    toHex(encodeRequest(ncSi, command(ncSi, name), { ...fields }, { ...header }));

  it('encodes the golden requests', () => {
    expect(request('getLinkStatus', {}, { instanceId: 3 })).toBe(
      toHex(fromHex('02 00 01 00 03 0A 00 00 00 00 00 00 00 00 00 00 00 FF FF F5 FC')),
    );
    expect(request('selectPackage', { features: 1 }, { instanceId: 2 })).toBe(
      toHex(fromHex('02 00 01 00 02 01 1F 00 04 00 00 00 00 00 00 00 00 00 00 00 01 FF FF FE D9')),
    );
    expect(request('getLinkStatus', { channel: 1, package: 2 }, {})).toMatch(/^02000100000a41/);
    expect(request('getLinkStatus', {}, { instanceId: 3, checksum: 0 })).toMatch(/0{8}$/);
    expect(request('getLinkStatus', {}, { checksum: 'absent' })).toHaveLength(34);
  });

  it('recomputes length, pad and checksum for a payload of another size', () => {
    const odd = encodeRequest(ncSi, command(ncSi, 'getLinkStatus'), {}, {}, (front) => fromHex(`${toHex(front)}aa`));
    const decoded = decodeBody(ncSi, odd, 'request');
    expect(decoded.header).toMatchObject({ payloadLength: 1, pad: '000000' });
    expect(decoded).toMatchObject({ trailing: 'aa', statuses: { checksumStatus: 'good' } });
  });

  it('decodes the golden answers both ways', () => {
    const golden = toHex(
      fromHex(
        '02 00 01 00 03 8A 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 77 00 00 00 01 00 00 00 00 FF FF 75 74',
      ),
    );
    const decoded = decodeBody(ncSi, fromHex(golden), 'response');
    expect(decoded).toMatchObject({ completionCode: 0, trailing: '', statuses: { checksumStatus: 'good' } });
    expect(decoded.problem).toBeUndefined();
    expect(decoded.fields).toMatchObject({ reasonCode: 0, linkStatus: 0x77, other: 1 });
    const answer = encodeResponse(
      ncSi,
      command(ncSi, 'getLinkStatus'),
      { linkStatus: 0x77, other: 1 },
      { instanceId: 3 },
    );
    expect(toHex(answer)).toBe(golden);
    const refusal = '0200010005c8000004000000000000000000037ffffffeb7f4';
    const unsupported = { code: 0x48, header: {}, response: [] };
    const refused = encodeResponse(ncSi, unsupported, { completionCode: 3, reasonCode: 0x7fff }, { instanceId: 5 });
    expect(toHex(refused)).toBe(refusal);
  });

  it('tells a checksum that is right, wrong, left out or cut off', () => {
    const status = (end: string): unknown =>
      decodeBody(ncSi, fromHex(`02000100030a0000000000000000000000${end}`), 'request').statuses;
    expect(status('fffff5fc')).toEqual({ checksumStatus: 'good' });
    expect(status('fffff5fd')).toEqual({ checksumStatus: 'bad' });
    expect(status('00000000')).toEqual({ checksumStatus: 'none' });
    expect(status('ffff')).toEqual({ checksumStatus: 'missing' });
  });

  it('knows a notification from an answer, and reads what its type calls for', () => {
    const aen = '0200010000ff00000c0000000000000000000000000000007700000001ffff007b';
    const decoded = decodeBody(ncSi, fromHex(aen), 'request');
    expect(decoded.command?.name).toBe('nc-si/asynchronousEvent');
    expect(decoded.fields).toMatchObject({ aenType: 0, linkStatus: 0x77, oem: 1 });
    expect(isRequestHeader(ncSi, decoded.header)).toBe(true);
    expect(isRequestHeader(ncSi, { commandCode: 0x8a })).toBe(false);
    expect(isRequestHeader(ncSi, { commandCode: 0x0a })).toBe(true);
    const made = encodeRequest(ncSi, command(ncSi, 'asynchronousEvent'), { aenType: 0, linkStatus: 0x77, oem: 1 }, {});
    expect(toHex(made)).toBe(aen);
  });

  it('says where the length promises more than there is', () => {
    const { problem, statuses } = decodeBody(ncSi, fromHex('02000100038a00001000000000000000000000'), 'response');
    expect(problem).toMatch(/reasonCode/);
    expect(statuses).toEqual({ checksumStatus: 'missing' });
  });
});

describe('NVMe-MI: no command code in answers, a check over all, layouts that follow from the request', () => {
  const read = command(nvmeMi, 'readDataStructure');

  it('encodes the golden requests', () => {
    expect(toHex(encodeRequest(nvmeMi, read, {}, {}))).toBe(`84080000${'00'.repeat(12)}e2000607`);
    expect(toHex(encodeRequest(nvmeMi, read, { structureType: 1 }, {}))).toBe(
      '840800000000000000000001000000004e6f173f',
    );
    const short = encodeRequest(nvmeMi, read, {}, {}, (front) => front.subarray(0, 7));
    expect(toHex(short)).toBe('8408000000000057b9b68b');
    expect(decodeBody(nvmeMi, short, 'request').statuses).toEqual({ micStatus: 'good' });
  });

  it('reads a failure by its status', () => {
    const more = decodeBody(nvmeMi, fromHex('84 88 00 00 01 00 05 00 37 06 1A A2'), 'response');
    expect(more).toMatchObject({ completionCode: 1, statuses: { micStatus: 'good' }, trailing: '' });
    expect(more.fields).toMatchObject({ status: 1, moreProcessingTime: 5 });
    const refused = decodeBody(nvmeMi, fromHex('84 88 00 00 04 00 00 00 D7 64 55 59'), 'response');
    expect(refused).toMatchObject({ completionCode: 4, fields: { detail: '000000' }, statuses: { micStatus: 'good' } });
    expect(isRequestHeader(nvmeMi, refused.header)).toBe(false);
  });

  it('reads data as what was asked for', () => {
    const fields = { data: { portType: 1, rest: 'aabb' } };
    const body = encodeResponse(nvmeMi, read, fields, { nmimt: 1 }, { structureType: 1 });
    expect(decodeBody(nvmeMi, body, 'response', read, { structureType: 1 }).fields).toMatchObject({
      dataLength: 3,
      ...fields,
    });
    expect(decodeBody(nvmeMi, body, 'response', read, { structureType: 0 }).fields).toMatchObject({ data: '01aabb' });
    expect(decodeBody(nvmeMi, body, 'response', read).fields).toMatchObject({ data: '01aabb' });
  });
});

describe('SPDM: failures have a command code of their own', () => {
  const getVersion = command(spdm, 'getVersion');

  it('encodes and decodes both ways', () => {
    expect(toHex(encodeRequest(spdm, getVersion, {}, {}))).toBe('0510840000');
    const answer = encodeResponse(spdm, getVersion, { versions: [0x1000, 0x1100] }, { spdmVersion: 0x10 });
    expect(toHex(answer)).toBe('0510040000000200100011');
    expect(decodeBody(spdm, answer, 'response')).toMatchObject({ command: getVersion, completionCode: 0 });
    const error = encodeResponse(spdm, getVersion, { completionCode: 1 }, {});
    expect(toHex(error)).toBe('05107f0100');
    expect(decodeBody(spdm, error, 'response', getVersion)).toMatchObject({ completionCode: 1, problem: undefined });
    expect(isRequestHeader(spdm, { commandCode: 0x84 })).toBe(true);
    expect(isRequestHeader(spdm, { commandCode: 0x04 })).toBe(false);
  });
});

describe('any octets', () => {
  const bodies = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 255 })), { maxLength: 60, size: 'max' })
    .map((numbers) => Uint8Array.from(numbers));

  test.each([ncSi, nvmeMi, spdm])('are decoded without loss: $id', (set) => {
    fc.assert(
      fc.property(bodies, fc.constantFrom(...Object.values(set.commands)), (given, known) => {
        const decoded = decodeBody(set, given, 'request', known);
        expect(decoded.spans.every((span) => span.offset + span.length <= given.length)).toBe(true);
        if (decoded.problem !== undefined || decoded.trailing !== '') return;
        const cut = Object.values(decoded.statuses).includes('missing');
        const header = cut ? { checksum: 'absent', mic: 'absent', pad: 'absent', ...decoded.header } : decoded.header;
        const again = encodeRequest(set, known, decoded.fields, header);
        expect(toHex(again)).toBe(toHex(given));
      }),
      { numRuns: 2000 },
    );
  });
});
