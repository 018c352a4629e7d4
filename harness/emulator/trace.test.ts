import { deviations } from './deviations';
import { limitsOf, noting, typeKey } from './deviations/reach';
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
  it('is the command that it answers otherwise', () => {
    expect(limitsOf(named('uuid-nil'))).toEqual(['getEndpointUuid']);
    expect(limitsOf(named('lacks-uuid'))).toEqual(['getEndpointUuid']);
    expect(limitsOf(named('pldm-instance-id-zero'))).toEqual([typeKey(1)]);
  });

  it('is a hook that it replaces for all commands', () => {
    expect(limitsOf(named('answers-datagrams'))).toEqual(['hook acceptsMessage']);
    expect(limitsOf(named('accepts-long-requests'))).toEqual(['hook wrongLength']);
  });

  it('is not known of other rules of assembly', () => {
    expect(limitsOf(named('assembly-never-given-up'))).toBeUndefined();
  });

  it('is noted of a device that is used', () => {
    const seen = new Set<string>();
    const device = endpoint({ deviations: [noting(seen)] });
    expect(ask(device, GET_UUID)).toBe(ask(endpoint(), GET_UUID));
    expect([...seen]).toEqual(expect.arrayContaining(['getEndpointUuid', typeKey(0), 'hook acceptsMessage']));
    expect([...seen]).not.toContain('hook wrongLength');
    expect([...seen]).not.toContain('getEndpointId');
  });
});
