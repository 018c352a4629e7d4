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
  readonly values: readonly unknown[];
  readonly result: unknown;
}

/** What a device was asked: commands and message types by their keys, and the calls of its hooks. */
export interface Reached {
  readonly keys: Set<string>;
  readonly calls: Map<string, HookCall[]>;
}

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

/**
 * Whether a deviation cannot show where this was reached: hooks that nobody called, that are limited to commands which did
 * not come, or that say at every call what the correct ones said. False also where that cannot be told from the calls.
 */
export function cannotShow({ change }: Deviation, { keys, calls }: Reached): boolean {
  return Object.entries(change(correctBehaviour)).every(([name, hook]) => {
    if (typeof hook !== 'function') return false;
    const limit = limits.get(hook);
    if (limit?.every((key) => !keys.has(key)) === true) return true;
    const made = calls.get(name) ?? [];
    return made.length === 0 || (looking.has(name) && made.every((call) => says(hook as AnyHook, call)));
  });
}

function says(hook: AnyHook, { values, result }: HookCall): boolean {
  try {
    return same(hook(...values), result);
  } catch (thrown) {
    if (thrown === UNSURE) return false;
    throw thrown;
  }
}

const UNSURE = new Error('a hook remembers or changes something');

/** Of these only the device itself knows what they were at the time. */
const remembered: ReadonlySet<string | symbol> = new Set<keyof DeviceState>(['memory', 'assemblies', 'bridge', 'card']);

/** The state as it is now; whoever changes it, or looks at more, is not told. */
function snapshot(state: DeviceState): DeviceState {
  return new Proxy<DeviceState>(
    { ...state },
    {
      get(target, key) {
        if (remembered.has(key)) throw UNSURE;
        return Reflect.get(target, key);
      },
      set() {
        throw UNSURE;
      },
    },
  );
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
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  const [one, other] = [left, right] as readonly { readonly [name: string]: unknown }[];
  return names.every((name) => same(one?.[name], other?.[name]));
}

/** No fault: notes what the device is asked. */
export function noting({ keys, calls }: Reached): Deviation {
  const change = (correct: Behaviour): Partial<Behaviour> => {
    const hooks = Object.entries(correct).filter(([, hook]) => typeof hook === 'function');
    const noted = hooks.map(([name, hook]) => {
      const wrapped: AnyHook = (...values) => {
        const made = calls.get(name) ?? [];
        if (made.length === 0) calls.set(name, made);
        const asked = looking.has(name) ? kept(values) : [];
        const result = (hook as AnyHook)(...values);
        made.push({ values: asked, result });
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
