import { crc32c } from '../codec/checksum';
import { fromHex, putUint, toHex } from '../codec/octets';
import { compositeTemperature, identifyController, ssdVpd } from './card-ssd';
import { bodyOf, endpoint, packetsOf, send } from './testing/lab';

const SECOND = 1_000_000_000;

/** Octets with the integrity check behind them. */
const checked = (hex: string): string => {
  const octets = fromHex(hex.replaceAll(' ', ''));
  return toHex(octets) + toHex(putUint(crc32c(octets), 4, true));
};

const ssd = () => endpoint({ class: 'ssd', eid: 9 });

/** Bodies of all messages that leave, with when each begins. */
function answers(device: ReturnType<typeof ssd>, hex: string, now = 0): readonly { body: string; delayNs: number }[] {
  const octets = fromHex(hex);
  const first = octets.subarray(0, 64);
  const rest = octets.subarray(64);
  let actions = send(device, toHex(first), { eom: rest.length === 0 ? 1 : 0 }, now);
  if (rest.length > 0) actions = send(device, toHex(rest), { som: 0, packetSequence: 1 }, now);
  const starts = packetsOf(actions).flatMap((packet, index) => (packet.som === 1 ? [index] : []));
  return starts.map((start, index) => {
    const own = actions.slice(start, starts[index + 1]);
    return { body: bodyOf(own), delayNs: own[0]?.delayNs ?? 0 };
  });
}

const ask = (device: ReturnType<typeof ssd>, hex: string, now = 0): string => answers(device, hex, now)[0]?.body ?? '';

const poll = checked('84080000 01000000 00000000 00000000');
const getState = (clear: boolean): string => checked(`84000000 0300${clear ? '01' : '00'}00`);
/** The state bits of Get State, as a number. */
const stateOf = (device: ReturnType<typeof ssd>, clear = false): number => {
  const answer = fromHex(ask(device, getState(clear)));
  return (answer[6] ?? 0) | ((answer[7] ?? 0) << 8);
};
const identify = (length: number, offset = 0): string => {
  const data = toHex(putUint(offset, 4, true)) + toHex(putUint(length, 4, true));
  return checked(`84100000 06030100 ${'00'.repeat(20)} ${data} ${'00'.repeat(8)} 01${'00'.repeat(23)}`);
};

describe('the emulated SSD over NVMe-MI', () => {
  it.each([
    ['a reserved opcode', '84080000 7f000000 00000000 00000000', '84880000 03000000'],
    ['a short command', '84080000 000000', '84880000 05000000'],
    ['request data that no one wants', '84080000 00000000 00000000 00000000 00000000', '84880000 06000000'],
    ['a port that it lacks, and says where', '84080000 00000000 00000201 00000000', '84880000 04000a00'],
    ['a data structure of a reserved type', '84080000 00000000 00000080 00000000', '84880000 04000b00'],
    ['a reserved configuration', '84080000 04000000 bf000000 00000000', '84880000 04000800'],
    ['an offset that is not aligned', identify(64, 2).slice(0, -8), '84900000 04001c00'],
  ])('refuses %s', (_title, request, response) => {
    expect(ask(ssd(), checked(request))).toBe(checked(response));
  });

  it.each([
    ['a wrong check', `${poll.slice(0, -2)}00`],
    ['no check', `04${poll.slice(2, -8)}`],
    ['the mark of a response', checked('84880000 01000000 00000000 00000000')],
    ['nothing but its header', checked('840800')],
  ])('does not answer a message with %s', (_title, request) => {
    const device = ssd();
    expect(answers(device, request)).toEqual([]);
    expect(ask(device, poll)).not.toBe('');
  });

  it('tells in Get State why it discarded a message, until it is asked to forget', () => {
    const device = ssd();
    send(device, `${poll.slice(0, -2)}00`);
    send(device, poll, { som: 0 });
    send(device, poll, { headerVersion: 2 });
    send(device, poll, { destinationEid: 0x55 });
    expect(stateOf(device)).toBe((1 << 4) | (1 << 10) | (1 << 7) | (1 << 8));
    expect(stateOf(device, true)).not.toBe(0);
    expect(stateOf(device)).toBe(0);
  });

  it('has one temperature that moves, in degrees and in kelvin', () => {
    const device = ssd();
    const seen = [0, 2, 4].map((seconds) => {
      const now = seconds * SECOND;
      const composite = Number.parseInt(ask(device, poll, now).slice(20, 22), 16);
      const health = fromHex(ask(device, checked('84080000 02000000 00000087 00000000'), now));
      expect((health[12] ?? 0) + 256 * (health[13] ?? 0) - 273).toBe(composite);
      expect(composite).toBe(compositeTemperature(now));
      return composite;
    });
    expect(new Set(seen).size).toBe(3);
  });

  it('asks for time before a long Identify, and is done when it said', () => {
    const [interim, final, ...more] = answers(ssd(), identify(4096));
    expect(interim?.body).toBe(checked('84900000 01000200'));
    expect((final?.delayNs ?? 0) - (interim?.delayNs ?? 0)).toBeLessThan(2 * 100_000_000);
    expect(final?.body).toBe(checked(`84900000 00000000 ${'00'.repeat(12)} ${toHex(identifyController(1))}`));
    expect(more).toEqual([]);
  });

  it('gives Identify and vital product data in parts', () => {
    const part = ask(ssd(), identify(48, 24));
    expect(part.slice(40, -8)).toBe(toHex(identifyController(1).subarray(24, 72)));
    expect(ask(ssd(), checked('84080000 05000000 08000000 28000000')).slice(16, -8)).toBe(
      toHex(ssdVpd.subarray(8, 48)),
    );
  });

  it('repeats the last response of a slot after Replay', () => {
    const device = ssd();
    const last = ask(device, poll);
    const [own, again] = answers(device, checked('84000000 04510000'));
    expect(own?.body).toBe(checked('84800000 00510100'));
    expect(again?.body).toBe(last);
    expect(answers(device, checked('84010000 04520000')).map(({ body }) => body)).toEqual([
      checked('84810000 00520000'),
    ]);
  });

  it('keeps a transmission unit until it is reset, which it does not answer', () => {
    const device = ssd();
    const unit = (): string => ask(device, checked('84080000 04000000 03000000 00000000'), SECOND).slice(10, 14);
    expect(ask(device, checked('84080000 03000000 03000000 80000000'))).toBe(checked('84880000 00000000'));
    expect(unit()).toBe('8000');
    expect(answers(device, checked('84080000 07000000 00000000 00000000'))).toEqual([]);
    expect(unit()).toBe('4000');
  });

  it('is nothing that a network card speaks', () => {
    expect(send(endpoint({ class: 'nic' }), poll)).toEqual([]);
  });
});

describe('the emulated SSD over SPDM', () => {
  it.each([
    ['GET_VERSION', ['0510840000'], '0510040000' + '0002' + '00110012'],
    ['GET_VERSION of another version', ['0511840000'], '05117f4100'],
    ['GET_CAPABILITIES before GET_VERSION', ['0511e10000' + '0000000000000000'], '05117f0400'],
    ['GET_CAPABILITIES of a version that it lacks', ['0510840000', '0599e10000' + '0000000000000000'], '05997f4100'],
    [
      'GET_CAPABILITIES of 1.1',
      ['0510840000', '0511e10000' + '0000000000000000'],
      '0511610000' + '000a0000' + '00000000',
    ],
    ['a short GET_CAPABILITIES', ['0510840000', '0511e10000' + '0000'], '05117f0100'],
    ['an unknown request', ['0510840000', '0510f80000'], '05107f0700'],
  ])('answers %s', (_title, requests, response) => {
    const device = ssd();
    expect(requests.map((request) => ask(device, request)).at(-1)).toBe(response);
  });

  it('does not answer responses', () => {
    expect(send(ssd(), '0510040000')).toEqual([]);
  });
});
