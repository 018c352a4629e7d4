import type { CompiledProfile } from '../suite/compiled';
import { openBuiltIn } from '../suite/library';
import { casesOn, provenBelow } from './selftest-jobs';
import { rowMaker } from './selftest-worker';

const { library } = openBuiltIn();
const profileOf = (id: string): CompiledProfile => library.profiles[id] as CompiledProfile;

const VERSION = 'DSP0236/packet-header/1';

describe('what an included profile proves', () => {
  const { of, has } = provenBelow(profileOf('nic'), library);

  it('are its cases on the deviations that its own device has', () => {
    const left = of({ device: 'accepts-any-header-version', binding: 'smbus' });
    expect(left.has(VERSION)).toBe(true);
    expect([...left].filter((id) => id.startsWith('pldm/'))).toEqual([]);
    expect(left).toEqual(casesOn(profileOf('endpoint'), library, 'smbus'));
    expect(has(VERSION)).toBe(true);
    expect(has('pldm/numeric-sensor/1')).toBe(false);
  });

  it('is nothing of deviations that it does not have, and of the clean device', () => {
    expect(of({ device: 'platform-walk-loops', binding: 'smbus' }).size).toBe(0);
    expect(of({ device: 'clean', binding: 'smbus' }).size).toBe(0);
    expect(of({ device: 'silent', binding: 'serial' }).size).toBeGreaterThan(100);
    expect(provenBelow(profileOf('endpoint'), library).has(VERSION)).toBe(false);
  });

  it('is not run again, and all the rest is', async () => {
    const select = ['DSP0236/packet-header', 'pldm/base'];
    const job = { device: 'accepts-any-header-version', binding: 'smbus' } as const;
    const rowOf = async (ownOnly: boolean): Promise<readonly string[]> => {
      const make = await rowMaker({ profile: 'nic', select, every: false, ownOnly });
      return Object.keys((await make(job)).verdicts);
    };
    const whole = await rowOf(false);
    const own = await rowOf(true);
    expect(whole).toContain(VERSION);
    const below = casesOn(profileOf('endpoint'), library, 'smbus');
    expect(own.some((id) => id.startsWith('pldm/'))).toBe(true);
    expect(own).toEqual(whole.filter((id) => !below.has(id)));
  });
});
