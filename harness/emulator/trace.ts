import type { HookName } from '../names';
import type { Action, Device } from './endpoint';

/** One call of an emulated device, and what it returned. */
export type Call =
  | { readonly kind: 'acknowledges'; readonly octets: Uint8Array; readonly result: boolean }
  | { readonly kind: 'receive' | 'refused'; readonly octets: Uint8Array; readonly at: number; readonly result: Actions }
  | { readonly kind: 'hook'; readonly name: HookName; readonly at: number }
  | { readonly kind: 'next'; readonly result: number | undefined }
  | { readonly kind: 'advance'; readonly at: number; readonly result: Actions };

type Actions = readonly Action[];

/** The device, with every call noted. */
export function traced(device: Device, calls: Call[]): Device {
  return {
    acknowledges(octets) {
      const result = device.acknowledges(octets);
      calls.push({ kind: 'acknowledges', octets, result });
      return result;
    },
    receive(octets, at) {
      const result = device.receive(octets, at);
      calls.push({ kind: 'receive', octets, at, result });
      return result;
    },
    refused(octets, at) {
      const result = device.refused(octets, at);
      calls.push({ kind: 'refused', octets, at, result });
      return result;
    },
    hook(name, at) {
      device.hook(name, at);
      calls.push({ kind: 'hook', name, at });
    },
    next() {
      const result = device.next();
      calls.push({ kind: 'next', result });
      return result;
    },
    advance(at) {
      const result = device.advance(at);
      calls.push({ kind: 'advance', at, result });
      return result;
    },
  };
}

/** Whether two frames stand for the same; the same octets always do. */
export type Alike = (own: Uint8Array, other: Uint8Array) => boolean;

/**
 * Whether a fresh device does in every call what was noted of another. Devices know nothing but these calls: who drove
 * the other one would have seen the same of this one, to the octet and the nanosecond; with `alike`, to what that takes
 * for the same.
 */
export function repeats(device: Device, calls: readonly Call[], alike?: Alike): boolean {
  return calls.every((call) => repeatsCall(device, call, alike));
}

function repeatsCall(device: Device, call: Call, alike: Alike | undefined): boolean {
  switch (call.kind) {
    case 'acknowledges':
      return device.acknowledges(call.octets) === call.result;
    case 'receive':
      return sameActions(device.receive(call.octets, call.at), call.result, alike);
    case 'refused':
      return sameActions(device.refused(call.octets, call.at), call.result, alike);
    case 'hook':
      device.hook(call.name, call.at);
      return true;
    case 'next':
      return device.next() === call.result;
    case 'advance':
      return sameActions(device.advance(call.at), call.result, alike);
  }
}

function sameActions(left: Actions, right: Actions, alike: Alike | undefined): boolean {
  return left.length === right.length && left.every((action, index) => sameAction(action, right[index], alike));
}

function sameAction({ octets, delayNs }: Action, other: Action | undefined, alike: Alike | undefined): boolean {
  if (other === undefined || delayNs !== other.delayNs || octets.length !== other.octets.length) return false;
  for (let index = 0; index < octets.length; index += 1) {
    if (octets[index] !== other.octets[index]) return alike?.(octets, other.octets) === true;
  }
  return true;
}
