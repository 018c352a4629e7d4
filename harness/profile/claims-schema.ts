import { z } from 'zod';
import { messageTypes } from '../names';
import type { ClaimKind } from './claims';
import { vocabulary } from './claims';

const versionPattern = /^\d+(\.\d+){1,3}$/;

function schemaOf(kind: ClaimKind): z.ZodType {
  switch (kind.kind) {
    case 'version':
      return z.string().regex(versionPattern, 'expected a version such as 1.3.1');
    case 'boolean':
      return z.boolean();
    case 'number':
      return z.number();
    case 'word':
      return z.enum(kind.words as [string, ...string[]]);
    case 'message-type':
      return z.union([z.enum(Object.keys(messageTypes) as (keyof typeof messageTypes)[]), z.int().min(0).max(127)]);
    case 'command':
      return z.string().min(1);
    case 'list':
      return z.array(schemaOf(kind.of));
  }
}

/** `claims:` of profiles and devices. Everything is optional: what is left out stays open. */
export const claimsSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(vocabulary).map(([group, claims]) => [
        group,
        z
          .strictObject(
            Object.fromEntries(
              Object.entries(claims).map(([name, claim]) => [
                name,
                schemaOf(claim.kind).describe(claim.title).optional(),
              ]),
            ),
          )
          .optional(),
      ]),
    ),
  )
  .meta({ id: 'claims', description: 'what the device says that it implements (ICS)' });
