import type { SerialRules } from '../../binding/serial';
import { encodeSerial, SerialReceiver } from '../../binding/serial';
import { encodeSmbus } from '../../binding/smbus';
import type { AssemblyRules } from '../../codec/assembly';
import { assemble } from '../../codec/assembly';
import type { Packet } from '../../codec/packet';
import { correctBehaviour } from '../behaviour';
import type { Behaviour, Deviation, DeviceRequest, DeviceState } from '../endpoint-types';

/** The key of a message type: a hook may be limited to messages of one. */
export const typeKey = (messageType: number): string => `type ${messageType}`;

const limits = new WeakMap<object, readonly string[]>();

/** Marks a hook that does what the correct one does but for these commands, or message types by their keys. */
export function limited<Hook extends object>(keys: readonly string[], hook: Hook): Hook {
  limits.set(hook, keys);
  return hook;
}

type AnyHook = (...values: readonly unknown[]) => unknown;

/** One call of a hook of the correct device: by what it was asked, and what it said. */
interface HookCall {
  /** Its place among the calls of all hooks. */
  readonly order: number;
  readonly values: readonly unknown[];
  readonly result: unknown;
}

/** What a device was asked: commands and message types by their keys, and the calls of its hooks. */
export interface Reached {
  readonly keys: Set<string>;
  readonly calls: Map<string, HookCall[]>;
  /** What the correct device itself remembers. */
  memory?: ReadonlyMap<string, number>;
}

export const nothingReached = (): Reached => ({ keys: new Set(), calls: new Map() });

/** Hooks that only look and say: what they are given tells all that they know. */
const looking: ReadonlySet<string> = new Set<keyof Behaviour>([
  'acknowledges',
  'acceptsSmbus',
  'serialOctets',
  'acceptsPacket',
  'messageType',
  'acceptsMessage',
  'supports',
  'message',
  'packets',
  'packet',
  'smbusFrame',
  'serialFrame',
]);

/** What nobody would notice of packets and frames that leave. */
export interface Unseen {
  readonly packet: (own: Packet, other: Packet) => boolean;
  readonly frame: (own: Uint8Array, other: Uint8Array) => boolean;
}

type SameResult = (own: unknown, other: unknown, values: readonly unknown[]) => boolean;

interface Asked {
  readonly call: HookCall;
  readonly hook: AnyHook;
  readonly alike: SameResult;
}

/** Whether what a hook says comes to the same; of those through which things leave, but for what nobody would notice. */
function sameResult(name: string, changed: readonly string[], unseen: Unseen | undefined): SameResult {
  // With two of them the second would be asked about what the first has changed.
  if (unseen === undefined || changed.filter((each) => leaving.has(each)).length !== 1) return same;
  switch (name) {
    case 'packet':
      return (own, other) => same(own, other) || unseen.packet(own as Packet, other as Packet);
    case 'smbusFrame':
      return (own, other, [packet]) => same(own, other) || unseen.frame(smbus(packet, own), smbus(packet, other));
    case 'serialFrame':
      return (own, other, [packet]) => same(own, other) || unseen.frame(serial(packet, own), serial(packet, other));
    default:
      return same;
  }
}

const leaving: ReadonlySet<string> = new Set<keyof Behaviour>(['packets', 'packet', 'smbusFrame', 'serialFrame']);

const ADDRESSES = { destinationAddress: 0x10, sourceAddress: 0x1d };

function smbus(packet: unknown, said: unknown): Uint8Array {
  const { destination = ADDRESSES.destinationAddress, ...overrides } = said as ReturnType<Behaviour['smbusFrame']>;
  return encodeSmbus(packet as Uint8Array, { ...ADDRESSES, destinationAddress: destination }, overrides);
}

const serial = (packet: unknown, said: unknown): Uint8Array =>
  encodeSerial(packet as Uint8Array, said as ReturnType<Behaviour['serialFrame']>);

const needed = new WeakMap<Deviation['change'], readonly string[] | 'anything'>();

/** What must come before any hook of a deviation does otherwise than the correct one. */
function neededBy(change: Deviation['change']): readonly string[] | 'anything' {
  const known = needed.get(change);
  if (known !== undefined) return known;
  const keys = Object.values(change(correctBehaviour)).map((hook) =>
    typeof hook === 'function' ? limits.get(hook) : undefined,
  );
  const found = keys.some((each) => each === undefined) ? 'anything' : keys.flatMap((each) => each ?? []);
  needed.set(change, found);
  return found;
}

/**
 * Whether a deviation cannot show where this was reached: hooks that nobody called, that are limited to commands which did
 * not come, or that say at every call what the correct ones said; rules that make the same of all that came. False also
 * where that cannot be told from the calls.
 */
export function cannotShow({ change }: Deviation, reached: Reached, unseen?: Unseen): boolean {
  const { keys, calls } = reached;
  const wanted = neededBy(change);
  if (wanted !== 'anything' && wanted.every((key) => !keys.has(key))) return true;
  const asked: Asked[] = [];
  const changes = Object.entries(change(correctBehaviour));
  const changed = changes.map(([name]) => name);
  for (const [name, hook] of changes) {
    if (typeof hook !== 'function') {
      if (!rulesAreAlike(name, hook, calls)) return false;
      continue;
    }
    if (limits.get(hook)?.every((key) => !keys.has(key)) === true) continue;
    const made = calls.get(name) ?? [];
    if (made.length > 0 && !looking.has(name)) return false;
    const alike = sameResult(name, changed, unseen);
    for (const call of made) asked.push({ call, hook: hook as AnyHook, alike });
  }
  // What one hook remembers another may look at: they are asked in the order in which they were.
  asked.sort((left, right) => left.call.order - right.call.order);
  return saysAll(asked, new Scratch(reached.memory));
}

function saysAll(asked: readonly Asked[], scratch: Scratch): boolean {
  const before = current;
  current = scratch;
  try {
    return asked.every(({ call: { values, result }, hook, alike }) => alike(hook(...values), result, values));
  } catch (thrown) {
    if (thrown === UNSURE) return false;
    throw thrown;
  } finally {
    current = before;
  }
}

/** Whether other rules make the same of what the hooks before them let through. */
function rulesAreAlike(name: string, rules: unknown, calls: Reached['calls']): boolean {
  const said = (hook: keyof Behaviour): readonly HookCall[] => calls.get(hook) ?? [];
  switch (name) {
    case 'assembly': {
      // A reset ends what is being put together.
      if (said('hook').length > 0) return false;
      const [own, other] = [new Map(), new Map()];
      return said('acceptsPacket').every(({ values, result }) => {
        const packet = values[0] as Packet;
        const outcome = result === true ? assemble(own, packet, correctBehaviour.assembly) : undefined;
        return result !== true || same(assemble(other, packet, rules as AssemblyRules), outcome);
      });
    }
    case 'serialRules': {
      const own = new SerialReceiver(correctBehaviour.serialRules);
      const other = new SerialReceiver(rules as SerialRules);
      return said('serialOctets').every(({ result }) =>
        same(other.feed(result as Uint8Array), own.feed(result as Uint8Array)),
      );
    }
    case 'requestRules':
      return [...said('ownRequests'), ...said('announcements')].every(({ result }) => same(result, []));
    default:
      return false;
  }
}

const UNSURE = new Error('a hook remembers or changes something');

/** What the hooks of a deviation remember among themselves; what the device remembers too is nothing to be told by. */
class Scratch extends Map<string, number> {
  private readonly others: ReadonlyMap<string, number>;

  constructor(others: ReadonlyMap<string, number> = new Map()) {
    super();
    this.others = others;
  }

  private own(key: string): string {
    if (this.others.has(key)) throw UNSURE;
    return key;
  }

  override get(key: string): number | undefined {
    return super.get(this.own(key));
  }

  override has(key: string): boolean {
    return super.has(this.own(key));
  }

  override set(key: string, value: number): this {
    return super.set(this.own(key), value);
  }

  override delete(key: string): boolean {
    return super.delete(this.own(key));
  }
}

/** The memory of the deviation that is being asked. */
let current: Scratch | undefined;

/** Of these only the device itself knows what they were at the time. */
const remembered: ReadonlySet<string | symbol> = new Set<keyof DeviceState>(['assemblies', 'bridge', 'card']);

const watching: ProxyHandler<DeviceState> = {
  get(target, key) {
    if (key === 'memory' && current !== undefined) return current;
    if (remembered.has(key) || key === 'memory') throw UNSURE;
    return Reflect.get(target, key);
  },
  set() {
    throw UNSURE;
  },
};

interface Snapshot {
  readonly copy: DeviceState;
  readonly watched: DeviceState;
}

const snapshots = new WeakMap<DeviceState, Snapshot>();

/** The state as it is now; whoever changes it, or looks at what changes elsewhere, is not told. */
function snapshot(state: DeviceState): DeviceState {
  const last = snapshots.get(state);
  if (last !== undefined && isAsIn(state, last.copy)) return last.watched;
  const copy = { ...state };
  const watched = new Proxy<DeviceState>(copy, watching);
  snapshots.set(state, { copy, watched });
  return watched;
}

function isAsIn(state: DeviceState, copy: DeviceState): boolean {
  for (const key in state) {
    if (state[key as keyof DeviceState] !== copy[key as keyof DeviceState]) return false;
  }
  return true;
}

/** Values of a call in which the state stays what it was. */
function kept(values: readonly unknown[]): readonly unknown[] {
  const at = values.findLastIndex(isState);
  if (at < 0) return values;
  const state = snapshot(values[at] as DeviceState);
  return values.map((value, index) => {
    if (index === at) return state;
    return isRequest(value) ? { ...value, state } : value;
  });
}

const isState = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'memory' in value && 'alive' in value;

const isRequest = (value: unknown): value is DeviceRequest =>
  typeof value === 'object' && value !== null && 'state' in value && 'command' in value;

/** Equal as data. */
function same(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((octet, index) => octet === right[index]);
  }
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  const [one, other] = [left, right] as readonly { readonly [name: string]: unknown }[];
  return names.every((name) => same(one?.[name], other?.[name]));
}

/** No fault: notes what the device is asked. */
export function noting(reached: Reached): Deviation {
  const { keys, calls } = reached;
  let order = 0;
  const change = (correct: Behaviour): Partial<Behaviour> => {
    const hooks = Object.entries(correct).filter(([, hook]) => typeof hook === 'function');
    const noted = hooks.map(([name, hook]) => {
      const looks = looking.has(name);
      const wrapped: AnyHook = (...values) => {
        const made = calls.get(name) ?? [];
        if (made.length === 0) calls.set(name, made);
        const state = values.find(isState) as DeviceState | undefined;
        if (state !== undefined) reached.memory = state.memory;
        const asked = looks ? kept(values) : [];
        order += 1;
        const place = order;
        const result = (hook as AnyHook)(...values);
        made.push({ order: place, values: asked, result });
        return result;
      };
      return [name, wrapped];
    });
    const { acceptsMessage, supports, ...others } = Object.fromEntries(noted) as Behaviour;
    return {
      ...others,
      acceptsMessage: (header, packet, state) => {
        keys.add(typeKey(Number(header.messageType)));
        return acceptsMessage(header, packet, state);
      },
      supports: (command, state) => {
        keys.add(command.name);
        return supports(command, state);
      },
    };
  };
  return { name: 'noting', title: 'notes what it is asked', change };
}
