import fc from 'fast-check';
import type { Assemblies } from './assembly';
import { assemble, standardAssembly } from './assembly';
import { fromHex, toHex } from './octets';
import type { Packet } from './packet';
import { fragment } from './packet';

const header = {
  reserved: 0,
  headerVersion: 1,
  destinationEid: 8,
  sourceEid: 9,
  som: 1,
  eom: 1,
  packetSequence: 0,
  tagOwner: 1,
  messageTag: 0,
};
const bit = fc.integer({ min: 0, max: 1 });

const packets: fc.Arbitrary<Packet> = fc.record({
  reserved: fc.constant(0),
  headerVersion: fc.constantFrom(1, 1, 1, 1, 1, 1, 2),
  destinationEid: fc.constant(8),
  sourceEid: fc.constantFrom(9, 9, 10),
  som: bit,
  eom: bit,
  packetSequence: fc.integer({ min: 0, max: 3 }),
  tagOwner: bit,
  messageTag: fc.constantFrom(0, 0, 0, 1),
  payload: fc.uint8Array({ minLength: 1, maxLength: 65, size: 'max' }),
});

/** The table of DSP0236 8.7 to 8.10 in its own words: what a receiver hands up, and which assemblies stay open. */
function model(history: readonly Packet[]): { readonly bodies: readonly string[]; readonly open: readonly string[] } {
  const bodies: string[] = [];
  const open = new Map<string, { hex: string; last: number }>();
  for (const packet of history) {
    const terminus = JSON.stringify([packet.sourceEid, packet.tagOwner, packet.messageTag]);
    const hex = toHex(packet.payload);
    const before = open.get(terminus);
    if (packet.headerVersion !== 1 || packet.payload.length > 64) continue;
    if (packet.som === 1) {
      open.delete(terminus);
      if (packet.eom === 1) bodies.push(hex);
      else open.set(terminus, { hex, last: packet.packetSequence });
    } else if (before !== undefined && (before.last + 1) % 4 !== packet.packetSequence) open.delete(terminus);
    else if (before !== undefined && packet.eom === 1) {
      open.delete(terminus);
      bodies.push(before.hex + hex);
    } else if (before !== undefined) open.set(terminus, { hex: before.hex + hex, last: packet.packetSequence });
  }
  return { bodies, open: [...open.values()].map(({ hex }) => hex).sort() };
}

function run(history: readonly Packet[], rules = standardAssembly): { bodies: string[]; open: string[] } {
  const state: Assemblies = new Map();
  const bodies: string[] = [];
  for (const packet of history) {
    const outcome = assemble(state, packet, rules);
    if (outcome.kind === 'message') bodies.push(toHex(outcome.body));
  }
  const open = [...state.values()].map((assembly) => assembly.packets.map(({ payload }) => toHex(payload)).join(''));
  return { bodies, open: open.sort() };
}

/** `S0` start, `M1` middle, `E2` end, `W3` whole; the number is the sequence number. */
function sequence(text: string): readonly Packet[] {
  return text.split(' ').map((name, index) => ({
    ...header,
    som: /[SW]/.test(name) ? 1 : 0,
    eom: /[EW]/.test(name) ? 1 : 0,
    packetSequence: Number(name[1]),
    payload: Uint8Array.of(index),
  }));
}

describe('assembly', () => {
  it('does what DSP0236 8.7 to 8.10 says, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(packets, { maxLength: 40, size: 'max' }), (history) =>
        expect(run(history)).toEqual(model(history)),
      ),
      { numRuns: 500 },
    );
  });

  it('puts together what fragment took apart', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500, size: 'max' }), fc.nat(3), (body, first) => {
        expect(run(fragment(body, { ...header, packetSequence: first }, 64)).bodies).toEqual([toHex(body)]);
      }),
    );
  });

  it.each([
    ['S0 M1 E2', ['000102']],
    ['S2 E3', ['0001']],
    ['S3 E0', ['0001']],
    ['M1 E2', []],
    ['S0 M2 E3', []],
    ['S0 M1 M1 E2', []],
    ['S0 S0 E1', ['0102']],
    ['S0 W0 E1', ['01']],
    ['E0 W1', ['01']],
  ])('%s gives %j', (text, bodies) => {
    expect(run(sequence(text)).bodies).toEqual(bodies);
  });

  it('names the reason of each drop, and whether an assembly died of it', () => {
    const state: Assemblies = new Map();
    const start = { ...header, eom: 0, payload: fromHex('01') };
    const outcomes = [
      { ...header, headerVersion: 0, payload: fromHex('00') },
      { ...header, payload: new Uint8Array(65) },
      { ...header, payload: new Uint8Array(0) },
      { ...header, som: 0, payload: fromHex('00') },
      { ...start, som: 0 },
      start,
      { ...start, packetSequence: 2, som: 0 },
    ].map((packet) => assemble(state, packet));
    expect(outcomes).toEqual([
      { kind: 'dropped', reason: 'header-version', discarded: false },
      { kind: 'dropped', reason: 'oversize', discarded: false },
      { kind: 'dropped', reason: 'empty-start', discarded: false },
      { kind: 'dropped', reason: 'unexpected-end', discarded: false },
      { kind: 'dropped', reason: 'unexpected-middle', discarded: false },
      { kind: 'partial', discarded: false },
      { kind: 'dropped', reason: 'out-of-sequence', discarded: true },
    ]);
  });

  it.each([
    ['drops-packet', { sequence: 'drops-packet' }, 'S0 M2 M1 E2', ['000203']],
    ['ignores the sequence', { sequence: 'ignored' }, 'S0 M3 E3', ['000102']],
    ['drops both starts', { newStart: 'drops-both' }, 'S0 S0 E1', []],
    ['drops the new start', { newStart: 'drops-new' }, 'S0 S0 E1', ['0002']],
    ['keeps the assembly beside a whole message', { singleEndsAssembly: false }, 'S0 W0 E1', ['01', '0002']],
    ['takes orphans for starts', { orphans: 'taken-for-start' }, 'M0 E1', ['0001']],
  ] as const)('can be a receiver that %s', (_, rules, text, bodies) => {
    expect(run(sequence(text), { ...standardAssembly, ...rules }).bodies).toEqual(bodies);
  });

  it('is bounded in assemblies and in packets', () => {
    const starts = [0, 1, 2].map((messageTag) => ({
      ...header,
      eom: 0,
      messageTag,
      payload: Uint8Array.of(messageTag),
    }));
    const two = { ...standardAssembly, slots: 2 };
    expect(run(starts, two).open).toEqual(['00', '01']);
    expect(run(starts, { ...two, whenFull: 'drops-oldest' }).open).toEqual(['01', '02']);
    expect(run(sequence('S0 M1 M2 E3'), { ...standardAssembly, longest: 3 })).toEqual({ bodies: [], open: [] });
    expect(run(sequence('S0 M1 E2'), { ...standardAssembly, longest: 3 }).bodies).toEqual(['000102']);
  });
});
