import { deviations } from './deviations';
import type { Reached } from './deviations/reach';
import { cannotShow, nothingReached, noting } from './deviations/reach';
import { ask, endpoint } from './testing/lab';
import type { Call } from './trace';
import { repeats, traced } from './trace';

const named = (name: string) => {
  const found = deviations.find((deviation) => deviation.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

const GET_EID = '008002';
const GET_UUID = '008003';

describe('a device held against what another did', () => {
  const calls: Call[] = [];
  const device = traced(endpoint(), calls);
  ask(device, GET_EID);
  device.next();
  device.advance(5);
  device.refused(Uint8Array.of(1), 6);
  device.acknowledges(Uint8Array.of(0x3a));

  it('repeats it where it is the same', () => {
    expect(calls.map(({ kind }) => kind)).toEqual(['receive', 'next', 'advance', 'refused', 'acknowledges']);
    expect(repeats(endpoint(), calls)).toBe(true);
  });

  it('repeats it with a fault that is not asked for', () => {
    expect(repeats(endpoint({ deviations: [named('uuid-nil')] }), calls)).toBe(true);
  });

  it.each([
    ['other octets', 'instance-id-next'],
    ['another time', 'slow-answers'],
    ['two answers', 'answers-twice'],
    ['no acknowledge', 'smbus-misses-its-address'],
  ])('does not with %s', (_, name) => {
    const many = Array.from({ length: 40 }, () => calls).flat();
    expect(repeats(endpoint({ deviations: [named(name)] }), many)).toBe(false);
  });
});

describe('what a deviation needs to show', () => {
  const asked = (...bodies: readonly string[]): Reached => {
    const reached = nothingReached();
    const device = endpoint({ deviations: [noting(reached)] });
    for (const body of bodies) expect(ask(device, body)).toBe(ask(endpoint(), body));
    return reached;
  };
  const identity = asked(GET_EID);

  it.each([
    ['the command that it answers otherwise', 'uuid-nil', GET_UUID],
    ['the command that it lacks', 'lacks-uuid', GET_UUID],
    ['a message type', 'pldm-instance-id-zero', '01850002'],
    ['a hook that nothing else calls', 'accepts-long-requests', '00800200'],
    ['a header that it takes otherwise', 'answers-datagrams', '00c002'],
    ['an answer that it changes', 'errors-with-zeroed-header', '00807f'],
  ])('is %s', (_, name, body) => {
    expect(cannotShow(named(name), identity)).toBe(true);
    expect(cannotShow(named(name), asked(GET_EID, body))).toBe(false);
  });

  const SET_EID = '00800100' + '0a';

  it.each([
    ['rules that make something else of it', 'answers-oversize-packets', GET_EID, '008002'.padEnd(2 * 70, '0')],
    ['a message that it remembers', 'ignores-repeated-requests', SET_EID, SET_EID],
  ])('is %s', (_, name, body, again) => {
    expect(cannotShow(named(name), asked(body))).toBe(true);
    expect(cannotShow(named(name), asked(body, again))).toBe(false);
  });

  it('is not told from calls where it changes more than it says', () => {
    expect(cannotShow(named('eid-type-changes'), asked(GET_EID))).toBe(false);
  });
});
