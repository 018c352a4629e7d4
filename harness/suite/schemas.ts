import { z } from 'zod';
import { benchSchema } from '../profile/bench-schema';
import { campaignSchema } from '../profile/campaign-schema';
import { capabilitiesSchema, overlaySchema } from '../profile/capabilities-schema';
import { inBandSchema } from '../profile/in-band';
import { deviceSchema, profileSchema } from '../profile/schema';
import { commandsSchema } from './commands-schema';
import { requirementsSchema } from './requirements';
import { suiteSchema } from './suite-schema';
import { expectedFailuresSchema, waiversSchema } from './waivers';

const schemas = {
  'suite.json': suiteSchema,
  'profile.json': profileSchema,
  'device.json': deviceSchema,
  'commands.json': commandsSchema,
  'requirements.json': requirementsSchema,
  'waivers.json': waiversSchema,
  'expected-failures.json': expectedFailuresSchema,
  'capabilities.json': capabilitiesSchema,
  'overlay.json': overlaySchema,
  'in-band.json': inBandSchema,
  'campaign.json': campaignSchema,
  'bench.json': benchSchema,
};

/** The JSON Schemas of `profiles/schema/`, by file name: what editors check as one types. */
export function schemaFiles(): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
    ]),
  );
}
