import { z } from 'zod';
import type { Parameters } from '../suite/compiled';
import type { Problem } from '../suite/problem';
import type { SourceDocument } from '../suite/source';
import { checkShape } from '../suite/validate';

const text = z.string().min(1);

/** `in-band: ID`: what the host reads of the same device, with ethtool, lspci, smartctl and the like. YAML or JSON. */
export const inBandSchema = z.strictObject({
  'in-band': text.describe('which device, or which host read it'),
  values: z.strictObject({
    firmwareVersion: text.optional().describe('active firmware version, as ethtool -i has it'),
    serialNumber: text.optional().describe('as lspci -vv has it in the vital product data'),
    asicTemperature: z.number().min(-60).max(200).optional().describe('degrees C, read within a minute of the run'),
  }),
});

/** The parameters under which cases find them: `inBandFirmwareVersion` and so on. */
export function readInBand(document: SourceDocument): {
  readonly values: Parameters;
  readonly problems: readonly Problem[];
} {
  const shape = checkShape(inBandSchema, document.value, document);
  if (!shape.ok) return { values: {}, problems: shape.problems };
  const problems = [...shape.problems];
  const given = Object.entries(shape.value.values);
  if (given.length === 0) problems.push(document.problem(['values'], 'nothing is there to compare', 'key'));
  const values = Object.fromEntries(
    given.map(([name, value]) => [`inBand${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
  );
  return { values: values as Parameters, problems };
}
