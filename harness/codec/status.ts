import { checksums } from './checksum';
import type { Span } from './decode';
import { isLittle } from './encode';
import type { ByteOrder, ChecksumCompute, FieldSpec } from './field-spec';
import { isScalar } from './field-spec';
import { getUint } from './octets';

/** Whether a received checksum is right; `none`: its value says that there is none; `missing`: its octets are. */
export type ChecksumStatus = 'good' | 'bad' | 'none' | 'missing';

export type Statuses = { readonly [name: string]: ChecksumStatus };

/** Offsets in a message from which a checksum in its trailer can count. */
export const marks: { readonly [name: string]: number } = { typeOctet: 0, header: 1 };

interface Checked {
  readonly name: string;
  readonly compute: ChecksumCompute;
  readonly none: number | undefined;
  readonly little: boolean;
}

function checksumFields(fields: readonly FieldSpec[], order: ByteOrder): readonly Checked[] {
  return fields.flatMap((field) => {
    if ('switch' in field && field.name === undefined) {
      const cases = [...Object.values(field.cases), field.otherwise];
      return cases.flatMap((value) =>
        Array.isArray(value) ? checksumFields(value as readonly FieldSpec[], order) : [],
      );
    }
    if (!isScalar(field) || field.compute === undefined || !('checksum' in field.compute)) return [];
    const { name, compute, none } = field;
    return [{ name, compute, none, little: isLittle(field, order) }];
  });
}

/** Names of the statuses that these fields have. */
export function statusNames(fields: readonly FieldSpec[]): readonly string[] {
  return checksumFields(fields, 'big').map(({ name }) => `${name}Status`);
}

const NO_STATUSES: Statuses = {};
const known = new WeakMap<readonly FieldSpec[], readonly Checked[]>();

/** Of every checksum among `fields`, by `NAMEStatus`; spans are offsets into `body`. */
export function statusesOf(
  fields: readonly FieldSpec[],
  order: ByteOrder,
  body: Uint8Array,
  spans: readonly Span[],
): Statuses {
  let checked = known.get(fields);
  if (checked === undefined) {
    checked = checksumFields(fields, order);
    known.set(fields, checked);
  }
  if (checked.length === 0) return NO_STATUSES;
  return Object.fromEntries(checked.map((field) => [`${field.name}Status`, statusOf(field, body, spans)]));
}

function statusOf({ name, compute, none, little }: Checked, body: Uint8Array, spans: readonly Span[]): ChecksumStatus {
  const at = spans.findLast((span) => span.path === name);
  if (at === undefined) return 'missing';
  const first = 'of' in compute ? compute.of : compute.from;
  const covered = spans.filter((span) => span.path === first || span.path.startsWith(`${first}.`));
  const from = covered[0]?.offset ?? marks[first] ?? at.offset;
  const end = 'of' in compute ? Math.max(from, ...covered.map((span) => span.offset + span.length)) : at.offset;
  const value = getUint(body, at.offset, at.length, little);
  if (checksums[compute.checksum](body.subarray(from, end)) === value) return 'good';
  return value === none ? 'none' : 'bad';
}
