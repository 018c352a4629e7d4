import fc from 'fast-check';
import { commands as sets } from '../suite/testing/command-tables';
import type { Command, CommandSet } from './command';
import {
  commandByHeader,
  completionCodeName,
  decodeBody,
  encodeRequest,
  encodeResponse,
  findCommand,
  headerLayout,
  setOf,
} from './command';
import type { FieldSpec, FieldValues } from './field-spec';
import { decode, encode, layout, layoutProblems } from './layout';
import { concat, fromHex, toHex } from './octets';

const tables = Object.values(sets).flatMap((set) => [
  [`${set.id} header`, set, set.header] as const,
  ...Object.values(set.commands).flatMap((command) => [
    [`${command.name} request`, set, command.request] as const,
    [`${command.name} response`, set, command.response] as const,
  ]),
]);

function named(name: string): { readonly set: CommandSet; readonly command: Command } {
  const command = findCommand(sets, name);
  const set = sets[command?.set ?? ''];
  if (command === undefined || set === undefined) throw new Error(name);
  return { set, command };
}

/** Small numbers often enough for counts and lengths to fit. */
const octets = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 255 })), { maxLength: 120, size: 'max' })
  .map((numbers) => Uint8Array.from(numbers));

describe.each(tables)('the table %s', (_, set, fields: readonly FieldSpec[]) => {
  it('can work', () => expect(layoutProblems(fields)).toEqual([]));

  it('gives back every octet string that it decodes', () => {
    const table = layout(fields, set.byteOrder);
    // Long structures are hardly ever met by chance: so also a well-formed one with some octets changed.
    const empty = encode(table, {});
    const near = octets.map((given) =>
      empty.map((octet, index) => octet ^ ((given[index] ?? 0) > 5 ? (given[index] ?? 0) : 0)),
    );
    let decoded = 0;
    fc.assert(
      fc.property(fc.oneof(octets, near, fc.constant(empty)), (given) => {
        const result = decode(table, given);
        if (!result.ok) return;
        decoded += 1;
        expect(toHex(encode(table, result.value))).toBe(toHex(given.subarray(0, result.size)));
      }),
      { numRuns: 40 },
    );
    expect(decoded).toBeGreaterThan(0);
  });

  it('is well-formed when nothing is set', () => {
    const table = layout(fields, set.byteOrder);
    const empty = encode(table, {});
    expect(decode(table, empty)).toMatchObject({ ok: true, size: empty.length });
  });
});

// layouts.md 2.1 and 3.2, upper-layers.md 1 and 3: bodies from the type octet on.
const requests: readonly (readonly [string, string, FieldValues, number])[] = [
  ['getEndpointId', '008102', {}, 1],
  ['setEndpointId', '0082010020', { eid: 0x20 }, 2],
  ['setEndpointId', '0081010009', { operation: 0, eid: 9 }, 1],
  ['getMctpVersionSupport', '008204ff', { messageType: 0xff }, 2],
  ['pldm/getPldmTypes', '01810004', {}, 1],
];

const responses: readonly (readonly [string, string, FieldValues, number])[] = [
  ['getEndpointId', '00010200000000', {}, 1],
  [
    'getMctpVersionSupport',
    '0002040002f1f0ff00f1f3f100',
    {
      versions: [
        { major: 0xf1, minor: 0xf0, update: 0xff, alpha: 0 },
        { major: 0xf1, minor: 0xf3, update: 0xf1, alpha: 0 },
      ],
    },
    2,
  ],
  [
    'getVendorDefinedMessageSupport',
    '00030600ff01000003470012',
    { nextSelector: 0xff, format: 1, vendorId: '00000347', vendorData: 0x12 },
    3,
  ],
  ['queryHop', '00000f0009ff00000008', { nextBridgeEid: 9, messageType: 0xff, outgoingUnit: 8 }, 0],
  ['pldm/getPldmTypes', '01010004003500000000000000', { types: [0, 2, 4, 5] }, 1],
  [
    'pldm/getPldmVersion',
    '01000003000000000005 00f0f1f1 babe9d53',
    { transferFlag: 5, portion: '00f0f1f1babe9d53' },
    0,
  ],
];

describe('a command', () => {
  it.each(requests)('%s has the request %s', (name, hex, fields, instanceId) => {
    const { set, command } = named(name);
    expect(toHex(encodeRequest(set, command, fields, { instanceId }))).toBe(hex);
    const body = decodeBody(set, fromHex(hex), 'request');
    expect(body).toMatchObject({ command: { name }, header: { instanceId, request: 1 }, fields, trailing: '' });
    expect(body.problem).toBeUndefined();
  });

  it.each(responses)('%s has the response %s', (name, hex, fields, instanceId) => {
    const { set, command } = named(name);
    expect(encodeResponse(set, command, fields, { instanceId })).toEqual(fromHex(hex));
    const body = decodeBody(set, fromHex(hex), 'response');
    expect(body).toMatchObject({ command: { name }, header: { instanceId, request: 0 }, completionCode: 0, fields });
    expect([body.trailing, body.problem]).toEqual(['', undefined]);
  });

  it('has successful responses of the lengths of DSP0236 12', () => {
    const lengths: FieldValues = {
      setEndpointId: 7,
      getEndpointId: 7,
      getEndpointUuid: 20,
      allocateEndpointIds: 7,
      routingInformationUpdate: 4,
      endpointDiscovery: 4,
      getNetworkId: 20,
      queryHop: 10,
      queryRateLimit: 31,
      requestTxRateLimit: 12,
      updateRateLimit: 4,
      getVendorDefinedMessageSupport: 10,
    };
    for (const [name, length] of Object.entries(lengths)) {
      const { set, command } = named(name);
      expect([name, encodeResponse(set, command, {}, {}).length]).toEqual([name, length]);
    }
  });

  it('sends nothing after a completion code that says error', () => {
    const { set, command } = named('getEndpointId');
    expect(toHex(encodeResponse(set, command, { completionCode: 5, eid: 9 }, {}))).toBe('00000205');
    expect(decodeBody(set, fromHex('0000020511'), 'response')).toMatchObject({
      completionCode: 5,
      fields: {},
      trailing: '11',
    });
  });

  it('lets a header field be overridden, and nothing else move', () => {
    const { set, command } = named('getEndpointId');
    expect(toHex(encodeRequest(set, command, {}, { reserved: 1, instanceId: 1 }))).toBe('00a102');
    expect(toHex(encodeRequest(set, command, {}, { integrityCheck: 1, instanceId: 1 }))).toBe('808102');
    expect(toHex(encodeRequest(set, command, {}, { commandCode: 0xee }))).toBe('0080ee');
  });

  it('is found by name, by type and by its header', () => {
    const { set, command } = named('pldm/getFruRecordTableMetadata');
    expect(setOf(sets, 1)).toBe(set);
    expect(setOf(sets, 0x33)).toBeUndefined();
    expect(findCommand(sets, 'nothing/atAll')).toBeUndefined();
    expect(commandByHeader(set, { pldmType: 4, commandCode: 1 })).toBe(command);
    expect(commandByHeader(set, { pldmType: 0x3f, commandCode: 1 })).toBeUndefined();
    expect(completionCodeName(set, command, 0x83)).toBe('NO_TABLE_METADATA');
    expect(completionCodeName(set, command, 0xee)).toBe('0xee');
  });

  it('says where a body is too short', () => {
    const { set } = named('getEndpointId');
    expect(decodeBody(set, fromHex('00'), 'request').problem).toBe('request: expected 1 octet, 0 left');
    expect(decodeBody(set, fromHex('000002'), 'response').problem).toBe('completionCode: expected 1 octet, 0 left');
    expect(decodeBody(set, fromHex('0000020009'), 'response')).toMatchObject({
      fields: { eid: 9 },
      problem: 'reserved7to6: expected 1 octet, 0 left',
    });
  });

  it('is decoded from any octets without throwing, and its spans cover what was understood', () => {
    for (const set of Object.values(sets)) {
      fc.assert(
        fc.property(octets, fc.constantFrom('request', 'response'), (rest, direction) => {
          const body = concat([set.messageType], rest);
          const decoded = decodeBody(set, body, direction);
          // Between the command's fields and a trailer stands what is too much.
          const covered = new Set(
            decoded.spans.flatMap(({ offset, length }) => [...body.keys()].slice(offset, offset + length)),
          );
          expect(covered.size + decoded.trailing.length / 2).toBeLessThanOrEqual(body.length);
          if (decoded.problem === undefined) expect(covered.size + decoded.trailing.length / 2).toBe(body.length);
        }),
      );
      expect(headerLayout(set)).toBe(headerLayout(set));
    }
  });
});

describe('messages of every set', () => {
  const all = Object.values(sets).flatMap((set) =>
    Object.values(set.commands).map((command) => [command.name, set, command] as const),
  );
  const sprinkled = (empty: Uint8Array): fc.Arbitrary<Uint8Array> =>
    fc
      .array(fc.tuple(fc.nat(Math.max(0, empty.length - 1)), fc.integer({ min: 0, max: 255 })), { maxLength: 6 })
      .map((changes) => {
        const changed = Uint8Array.from(empty);
        for (const [at, octet] of changes) changed[at] = octet;
        return changed;
      });

  it.each(all)('%s: what is decoded is all that there was, in both directions', (_, set, command) => {
    const request = encodeRequest(set, command, {}, {});
    const response = encodeResponse(set, command, {}, {});
    for (const [direction, empty] of [
      ['request', request],
      ['response', response],
    ] as const) {
      fc.assert(
        fc.property(fc.oneof(octets, sprinkled(empty)), (given) => {
          const decoded = decodeBody(set, given, direction, command);
          expect(decoded.spans.every(({ offset, length }) => offset + length <= given.length)).toBe(true);
          if (decoded.problem !== undefined || decoded.trailing !== '') return;
          const cut = Object.values(decoded.statuses).includes('missing')
            ? { checksum: 'absent', mic: 'absent', pad: 'absent' }
            : {};
          const { header, fields, completionCode } = decoded;
          const known = completionCode === undefined ? fields : { ...fields, completionCode };
          const encode = direction === 'request' ? encodeRequest : encodeResponse;
          expect(toHex(encode(set, command, known, { ...cut, ...header } as FieldValues))).toBe(toHex(given));
        }),
        { numRuns: 20 },
      );
    }
  });
});
