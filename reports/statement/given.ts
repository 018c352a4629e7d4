import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { assessorKinds, omittable } from './terms';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().max(2_000);

/** What whoever signs adds to what the record says. */
export const givenSchema = z.strictObject({
  assessor: z.strictObject({ name: text, kind: z.enum(assessorKinds) }),
  nonce: text.optional(),
  /** The last day on which the statement holds, as `2028-03-01`. */
  expires: z.iso.date().optional(),
  powerState: text.optional(),
  /** Facts of the unit that the statement does not tell, so that they can be masked in the record. */
  omits: z.array(z.enum(omittable)).optional(),
  signed: z.iso.datetime(),
  /** Hash over the program's own files. */
  toolHash: hash,
  evidence: z.strictObject({
    record: z.strictObject({ sha256: hash, lines: z.int(), leaves: hash }),
    files: z.record(z.string(), hash),
  }),
});
export type Given = z.infer<typeof givenSchema>;

/** What the user says with `--sign`. */
export type Signing = Pick<Given, 'assessor' | 'nonce' | 'expires' | 'powerState' | 'omits'> & {
  readonly key: KeyObject;
  readonly signed: Date;
};
