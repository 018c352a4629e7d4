import type { Effect } from '../names';
import { scopeOf } from './session';

const reach = { binding: 'smbus', plane: 'packets', acknowledges: false, disposable: false } as const;
const effectsOf = (ncsiInterfaces: readonly string[], allow: readonly Effect[] = []): readonly Effect[] =>
  scopeOf({ ...reach, ncsiInterfaces }, {}, { exclusive: true, allow }).effects;

describe('a card that the machine beside it may be reached by', () => {
  it('keeps its NC-SI channels, unless the user says that it is another one', () => {
    expect(effectsOf([])).toContain('nc-si-initial-state');
    expect(effectsOf(['eth0'])).toEqual(['eid', 'tid', 'event-receiver', 'assembly-exhaustion']);
    expect(effectsOf(['eth0'], ['nc-si-initial-state'])).toContain('nc-si-initial-state');
  });
});

describe('a way through a mux', () => {
  it('has no planes below messages for who is not alone on it, for an answer could go astray', () => {
    const planeOf = (mux: string | undefined, exclusive: boolean) =>
      scopeOf({ ...reach, mux }, {}, { exclusive, allow: [] }).plane;
    expect([planeOf('3-0070', false), planeOf('3-0070', true), planeOf(undefined, false)]).toEqual([
      'messages',
      'packets',
      'packets',
    ]);
  });
});

describe('the longest packet', () => {
  it('is that of an interface, not that of frames that we make ourselves', () => {
    const scope = (plane: 'packets' | 'frames') =>
      scopeOf({ ...reach, plane, unit: 68 }, {}, { exclusive: false, allow: [] });
    expect([scope('packets').packetUnit, scope('frames').packetUnit]).toEqual([68, undefined]);
  });
});
