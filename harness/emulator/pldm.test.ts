import { crc32 } from '../codec/checksum';
import { fromHex, putUint, toHex } from '../codec/octets';
import { correctFru } from './fru';
import { ask, endpoint, packetsOf, send } from './testing/lab';

/** The network card's. */
const fruTable = correctFru.table(correctFru.model(endpoint().state).records);

const little = (value: number, size: number): string => toHex(putUint(value, size, true));

describe('PLDM base', () => {
  it.each([
    ['GetTID', '0181' + '0002', '0101000200' + '00'],
    ['SetTID', '0181' + '0001' + '2a', '0101000100'],
    ['SetTID 0', '0181' + '0001' + '00', '0101000102'],
    ['SetTID FF', '0181' + '0001' + 'ff', '0101000102'],
    ['GetPLDMTypes', '0181' + '0004', '0101000400' + '3500000000000000'],
    ['a version of a type that it lacks', '0181' + '0003' + '00000000' + '01' + '03', '0101000383'],
    ['GetNextPart without a first', '0181' + '0003' + '00000000' + '00' + '00', '0101000380'],
    ['an undefined transfer operation', '0181' + '0003' + '00000000' + '02' + '00', '0101000381'],
    ['commands of base', '0181' + '0005' + '00' + '00f0f1f1', `0101000500${'3e'.padEnd(64, '0')}`],
    ['commands of FRU', '0181' + '0005' + '04' + '00f0f0f1', `0101000500${'06'.padEnd(64, '0')}`],
    ['commands of a type that it lacks', '0181' + '0005' + '03' + '00f0f0f1', '0101000583'],
    ['commands of a version that it lacks', '0181' + '0005' + '00' + '00f0f9f1', '0101000584'],
    ['an unknown command', '0181' + '007f', '0101007f05'],
    ['an unknown command of FRU', '0181' + '0403', '0101040305'],
    ['a type that it lacks', '0181' + '0301', '0101030120'],
    ['a short SetTID', '0181' + '0001', '0101000103'],
    ['a long GetTID', '0181' + '0002' + '00', '0101000203'],
  ])('answers %s', (_title, request, response) => {
    expect(ask(endpoint(), request)).toBe(response);
  });

  /** The one-entry vector of reference/upper-layers.md 3. */
  it('answers GetPLDMVersion with the published octets', () => {
    expect(ask(endpoint(), '01800003000000000100')).toBe('0100000300000000000500f0f1f1babe9d53');
  });

  it('remembers the TID that it was given', () => {
    const device = endpoint();
    ask(device, '018000012a');
    expect(ask(device, '01800002')).toBe('01000002002a');
  });

  it.each([
    ['response', '01010002', {}],
    ['asynchronous notification', '01c10002', {}],
    ['message of another PLDM header version', '01814002', {}],
    ['message with IC', '81810002', {}],
    ['message with TO clear', '01810002', { tagOwner: 0 }],
    ['message that ends in its header', '018100', {}],
  ])('does not answer a %s', (_title, body, header) => {
    expect(send(endpoint(), body, header)).toEqual([]);
  });

  it('is nothing that the endpoint class speaks', () => {
    expect(send(endpoint({ class: 'endpoint' }), '01810002')).toEqual([]);
  });
});

describe('PLDM FRU', () => {
  it('describes the table by its length and CRC', () => {
    const table = `${little(fruTable.length, 4)}0100${'0100'}${little(crc32(fruTable), 4)}`;
    expect(ask(endpoint(), '01810401')).toBe(`0101040100${'0100'}00000000${table}`);
  });

  it('sends the table in one part, cut into full packets in sequence', () => {
    const packets = packetsOf(send(endpoint({ eid: 9 }), '018104020000000001', { messageTag: 6 }));
    expect(packets.length).toBeGreaterThanOrEqual(6);
    expect(packets.slice(0, -1).map(({ payload }) => payload.length)).toEqual(packets.slice(1).map(() => 64));
    expect(packets.map(({ som }) => som)).toEqual(packets.map((_, index) => (index === 0 ? 1 : 0)));
    expect(packets.map(({ eom }) => eom)).toEqual(packets.map((_, index) => (index === packets.length - 1 ? 1 : 0)));
    expect(packets.map(({ packetSequence }) => packetSequence)).toEqual(packets.map((_, index) => index % 4));
    expect(packets.every((packet) => packet.messageTag === 6 && packet.tagOwner === 0)).toBe(true);
    const body = packets.map(({ payload }) => toHex(payload)).join('');
    expect(body).toBe(`0101040200${'00000000'}05${toHex(fruTable)}${little(crc32(fruTable), 4)}`);
  });

  it('starts each frame of the table after the one before has gone', () => {
    const actions = send(endpoint(), '018104020000000001');
    const ends = actions.map(({ delayNs, octets }) => delayNs + octets.length * 90_000);
    expect(actions.slice(1).map(({ delayNs }) => delayNs)).toEqual(ends.slice(0, -1));
  });

  it('keeps a table whose records add up and need no padding', () => {
    expect(fruTable.length % 4).toBe(0);
    const count = fruTable[3] ?? 0;
    let offset = 5;
    for (let field = 0; field < count; field += 1) offset += 2 + (fruTable[offset + 1] ?? 0);
    expect(offset).toBe(fruTable.length);
  });

  it.each([
    ['00', '80'],
    ['02', '81'],
  ])('refuses transfer operation %s with %s', (operation, code) => {
    expect(ask(endpoint(), `0181040200000000${operation}`)).toBe(`01010402${code}`);
  });
});

describe('vendor-defined messages', () => {
  it.each([
    ['PCI', '7e1ab4c0ffee'],
    ['IANA', '7f0000019cc0ffee'],
  ])('echoes messages of its own %s vendor', (_title, body) => {
    expect(ask(endpoint({ class: 'endpoint' }), body)).toBe(body);
  });

  it.each(['7e8086c0ffee', '7f0000019dc0ffee', '7e1a', '7e', 'fe1ab4c0ffee'])('does not answer %s', (body) => {
    const device = endpoint({ class: 'endpoint' });
    expect(send(device, body)).toEqual([]);
    expect(ask(device, '7e1ab4')).toBe('7e1ab4');
  });

  it('echoes what takes three packets with as many', () => {
    const device = endpoint();
    const body = fromHex(`7e1ab4${'a5'.repeat(140)}`);
    const part = (from: number): string => toHex(body.subarray(from, from + 64));
    expect(send(device, part(0), { eom: 0, packetSequence: 2 })).toEqual([]);
    expect(send(device, part(64), { som: 0, eom: 0, packetSequence: 3 })).toEqual([]);
    const packets = packetsOf(send(device, part(128), { som: 0, packetSequence: 0 }));
    expect(packets.map(({ payload }) => payload.length)).toEqual([64, 64, 15]);
    expect(packets.map(({ payload }) => toHex(payload)).join('')).toBe(toHex(body));
  });
});
