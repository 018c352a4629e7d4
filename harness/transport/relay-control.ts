import { concat } from '../codec/octets';
import { address, flag, type OctetReader, type Part, type PartValue, struct, u8, u32 } from './relay-octets';
import { tx } from './relay-tx';

/** What the host may ask of the relay besides transmissions (docs/relay-protocol.md, 07). */

const nothing = struct({});
const eid = struct({ eid: u8, tag: u8 });
const messageType = struct({ messageType: u8 });

/** Those that may also be carried out when the session ends. */
const restorable = {
  address: [0x30, struct({ there: flag, eid: u8 })],
  route: [0x31, struct({ there: flag, first: u8, last: u8, mtu: u32 })],
  neighbour: [0x32, struct({ there: flag, eid: u8, address })],
  link: [0x33, struct({ up: flag, mtu: u32 })],
  transmit: [0x40, struct({ tx })],
} as const;

const plain = {
  reset: [0x01, nothing],
  power: [0x02, struct({ state: u8 })],
  'restore-remove': [0x11, struct({ of: u32 })],
  'restore-clear': [0x12, nothing],
  'restore-now': [0x13, nothing],
  'hold-tag': [0x20, eid],
  'drop-tag': [0x21, eid],
  bind: [0x22, messageType],
  unbind: [0x23, messageType],
} as const;

type Table = { readonly [action: string]: readonly [number, Part<unknown>] };
type ActionOf<T extends Table> = { [K in keyof T & string]: { readonly action: K } & PartValue<T[K][1]> }[keyof T &
  string];
export type Restore = ActionOf<typeof restorable>;
type Action = ActionOf<typeof plain> | Restore | { readonly action: 'restore-add'; readonly restore: Restore };
export type Control = { readonly id: number } & Action;

function actions<A>(table: Table): Part<A> {
  return {
    write(value) {
      const { action } = value as { readonly action: string };
      const [code, part] = table[action] as readonly [number, Part<unknown>];
      return concat([code], part.write(value));
    },
    read(reader) {
      const code = u8.read(reader);
      const found = Object.entries(table).find(([, [each]]) => each === code);
      if (found === undefined) {
        reader.fail(`there is no action ${code}`);
        return { action: 'reset' } as A;
      }
      const [action, [, part]] = found;
      return { action, ...(part.read(reader) as object) } as A;
    },
  };
}

const restore = actions<Restore>(restorable);
const all = actions<Action>({ ...plain, ...restorable, 'restore-add': [0x10, struct({ restore })] });

export const control: Part<Control> = {
  write: (value) => concat(u32.write(value.id), all.write(value)),
  read(reader: OctetReader) {
    const id = u32.read(reader);
    return { id, ...all.read(reader) };
  },
};
