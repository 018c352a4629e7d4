import { MILLISECOND, SECOND } from '../../clock';
import type { Deviation, RequestRules } from '../endpoint-types';
import type { Change } from './change';
import { limited } from './reach';

/** Requests that the device sends of its own, and vendor-defined messages. */

const asking =
  (rules: Partial<RequestRules>): Change =>
  (correct) => ({ requestRules: { ...correct.requestRules, ...rules } });

/** Asks its owner one more thing after it got an EID. */
const also =
  (command: string, fields: { readonly [name: string]: number } = {}): Change =>
  (correct) => ({
    ownRequests: limited(['setEndpointId'], (request, state) => {
      const { busOwner } = state;
      const asked = correct.ownRequests(request, state);
      if (request.command.name !== 'setEndpointId' || busOwner === undefined) return asked;
      const { eid: destinationEid, address } = busOwner;
      return [{ command, fields, destinationEid, address, delayNs: 5 * MILLISECOND }, ...asked];
    }),
  });

const ofRequesters: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'asks-a-fixed-owner',
    title: 'sends its requests to EID 8 whoever has assigned its EID',
    change: (correct) => ({
      ownRequests: (request, state) =>
        correct.ownRequests(request, state).map((wanted) => ({ ...wanted, destinationEid: 8 })),
    }),
  },
  {
    name: 'asks-two-things-at-once',
    title: 'does not wait for an answer before it asks the next thing',
    change: asking({ oneAtATime: false }),
  },
  {
    name: 'takes-any-answer',
    title: 'takes the answer to another command for its own',
    change: asking({ checksCommand: false }),
  },
  { name: 'never-asks-again', title: 'asks once, answered or not', change: asking({ tries: 1 }) },
  {
    name: 'asks-again-with-another-instance-id',
    title: 'takes another instance id when it asks again',
    seenIn: 'mctpd before 2.6',
    change: asking({ retriesKeepInstanceId: false }),
  },
  {
    name: 'asks-with-one-instance-id',
    title: 'takes instance id 0 for every request',
    change: asking({ newInstanceIds: false }),
  },
  { name: 'asks-again-too-soon', title: 'asks again after 50 ms', change: asking({ timeout: 50 * MILLISECOND }) },
  {
    name: 'asks-again-too-late',
    title: 'asks again after 4 s',
    // What it asks so late reaches into the next case.
    pervasive: true,
    change: asking({ timeout: 4 * SECOND }),
  },
];

export const requestDeviations: readonly Deviation[] = [
  ...ofRequesters.map((deviation): Deviation => ({ ...deviation, classes: ['complete'] })),
  {
    name: 'assigns-eids',
    title: 'gives an EID to whoever gives it one',
    change: also('setEndpointId', { operation: 0, eid: 0x30 }),
  },
  {
    name: 'notifies-discovery',
    title: 'sends Discovery Notify on SMBus',
    bindings: ['smbus'],
    change: also('discoveryNotify'),
  },
  {
    name: 'acts-on-any-vendor',
    title: 'answers vendor-defined messages of any vendor',
    change: (correct) => ({
      respondRaw: (body, packet, state) => {
        const type = (body[0] ?? 0) & 0x7f;
        return type >= 0x7e ? body : correct.respondRaw(body, packet, state);
      },
    }),
  },
  {
    name: 'vendor-answers-without-id',
    title: 'leaves the vendor out of its answers to vendor-defined messages',
    classes: ['complete'],
    change: (correct) => ({
      respondRaw: (body, packet, state) => {
        const answer = correct.respondRaw(body, packet, state);
        return answer === 'silence' ? answer : Uint8Array.of(body[0] ?? 0, 0x00, ...body.subarray(-1));
      },
    }),
  },
  {
    name: 'vendor-id-least-significant-first',
    title: 'sends its vendor id least significant octet first',
    classes: ['complete'],
    change: (correct) => ({
      respondRaw: (body, packet, state) => {
        const answer = correct.respondRaw(body, packet, state);
        if (answer === 'silence') return answer;
        const end = body[0] === 0x7e ? 3 : 5;
        return Uint8Array.of(body[0] ?? 0, ...[...body.subarray(1, end)].reverse(), ...body.subarray(end));
      },
    }),
  },
];
