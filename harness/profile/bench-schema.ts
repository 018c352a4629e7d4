import { z } from 'zod';
import type { Problem } from '../suite/problem';
import { quote } from '../suite/problem';
import type { SourceDocument } from '../suite/source';
import { checkShape } from '../suite/validate';
import { fleetName } from './campaign-schema';
import { claimsSchema } from './claims-schema';
import { parametersSchema } from './parameters';
import { deviceSchema } from './schema';

/** The devices of one host, as its bench file says it. */
export interface Bench {
  readonly id: string;
  readonly devices: readonly BenchDevice[];
}

export interface BenchDevice {
  readonly name: string;
  readonly labels: readonly string[];
  readonly reach: Reach;
}

/** A device file, or what one would say but for `device:` and `profile:`. */
export type Reach =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'inline'; readonly uri: string; readonly rest: object };

const benchDevice = z.strictObject({
  name: fleetName,
  labels: z.array(fleetName).optional(),
  file: z.string().min(1).optional().describe('its device file, relative to this one'),
  uri: z.string().min(1).optional().describe('instead of a file'),
  claims: claimsSchema.optional(),
  parameters: parametersSchema.optional(),
  hooks: deviceSchema.shape.hooks,
});

/** `bench: ID`: the devices that a station offers. */
export const benchSchema = z.strictObject({
  bench: fleetName,
  devices: z.array(benchDevice).min(1).max(1000),
});

export function readBench(document: SourceDocument): { readonly bench?: Bench; readonly problems: readonly Problem[] } {
  const shape = checkShape(benchSchema, document.value, document);
  if (!shape.ok) return { problems: shape.problems };
  const problems = [...shape.problems];
  const names = new Set<string>();
  const devices = shape.value.devices.flatMap((device, index): readonly BenchDevice[] => {
    const { name, labels = [], file, uri, ...rest } = device;
    if (names.has(name)) problems.push(document.problem(['devices', index, 'name'], `${quote(name)} is here twice`));
    names.add(name);
    const inline = Object.keys(rest).find((key) => rest[key as keyof typeof rest] !== undefined);
    if ((file === undefined) === (uri === undefined))
      problems.push(document.problem(['devices', index], 'how it is reached: "file" or "uri", one of the two'));
    else if (file !== undefined && inline !== undefined)
      problems.push(document.problem(['devices', index, inline], `${quote(inline)} goes into ${file}`, 'key'));
    else {
      const reach: Reach = file === undefined ? { kind: 'inline', uri: uri ?? '', rest } : { kind: 'file', path: file };
      return [{ name, labels: [...new Set(labels)].sort(), reach }];
    }
    return [];
  });
  return { bench: { id: shape.value.bench, devices }, problems };
}
