import { planRun } from '../plan';
import { inBandParameters, inBandSchema } from '../profile/in-band';
import type { Scope } from '../record/lines';
import { openBuiltIn } from '../suite/library';

/** A value of the host that stands alone is compared by a case of its own: none is taken and passed over. */

const { library } = openBuiltIn();
const scope: Scope = {
  ...{ binding: 'smbus', plane: 'frames', acknowledge: false, exclusive: true },
  ...{ effects: [], hops: 0, owner: 'self' },
};

const identity = { firmwareVersion: '1', serialNumber: 'S', model: 'M', pciVendorId: '1ab4' };
const port = { linkUp: true, linkSpeed: 25000, moduleVendor: 'V', modulePartNumber: 'P', moduleSerialNumber: 'S' };
const alone: { readonly [profile: string]: readonly object[] } = {
  nic: [
    ...Object.entries({
      ...identity,
      ...{ manufacturer: 'A', partNumber: 'P', asicTemperature: 60, hostMacAddresses: ['02:1a:b4:00:00:01'] },
      ...{ pciDeviceId: '1015', pciSubsystemVendorId: '1ab4', pciSubsystemId: '0001' },
    }).map(([name, value]) => ({ [name]: value })),
    ...Object.entries({ ...port, moduleTemperature: 40 }).map(([name, value]) => ({
      ports: [{ channel: 0, [name]: value }],
    })),
  ],
  hba: [
    ...Object.entries({
      ...{ ...identity, pciDeviceId: '1015', asicTemperature: 60 },
    }).map(([name, value]) => ({ [name]: value })),
    ...[{}, { model: 'M' }, { firmwareVersion: '1' }, { temperature: 30 }].map((more) => ({
      drives: [{ serialNumber: 'S', ...more }],
    })),
  ],
  ssd: Object.entries({ ...identity, temperature: 40, percentageUsed: 1, availableSpare: 100 }).map(
    ([name, value]) => ({ [name]: value }),
  ),
};

const rows = Object.entries(alone).flatMap(([name, all]) => all.map((values) => [name, values] as const));

test.each(rows)('%s: %j', (name, given) => {
  const profile = library.profiles[name];
  if (profile === undefined) throw new Error(name);
  const { values } = inBandSchema.parse({ 'in-band': 'host', values: given });
  const parameters = { ...profile.parameters, ...inBandParameters(values) };
  const planned = planRun({ profile, library, claims: profile.claims, parameters, scope, select: ['in-band'] });
  expect(planned.filter(({ decision }) => decision === 'run')).not.toEqual([]);
});
