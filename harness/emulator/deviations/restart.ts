import { MILLISECOND, SECOND } from '../../clock';
import type { Behaviour, Deviation, DeviceRequest, DeviceState } from '../endpoint-types';
import type { Change } from './change';
import { limited } from './reach';

/** What goes wrong when a device starts again. */

/** More than is allowed, and within the time of the last request. */
const MOMENT_LATE = 60 * SECOND + 100 * MILLISECOND;

const isRestart = (name: string): boolean => name === 'reset' || name === 'ac-cycle';

/** Changes what a restart leaves behind. */
const restarting =
  (change: (state: DeviceState) => void): Change =>
  (correct) => ({
    hook: (name, state) => {
      correct.hook(name, state);
      if (isRestart(name)) change(state);
    },
  });

/** Another answer to a command, the first time that it is asked after a restart, or after every second one. */
const atFirst =
  (command: string, other: (request: DeviceRequest) => ReturnType<Behaviour['respond']>, alternates = true): Change =>
  (correct) => ({
    ...restarting((state) => {
      const odd = 1 - (state.memory.get('restarts') ?? 0);
      state.memory.set('restarts', odd);
      state.memory.set(command, alternates ? odd : 1);
    })(correct),
    respond: limited([command], (request, commands) => {
      if (request.command.name !== command || request.state.memory.get(command) !== 1)
        return correct.respond(request, commands);
      request.state.memory.set(command, 0);
      return other(request);
    }),
  });

export const restartDeviations: readonly Deviation[] = [
  {
    name: 'never-starts-again',
    title: 'does not answer any more once it was reset',
    pervasive: true,
    change: restarting((state) => {
      state.bootsUntil = Number.POSITIVE_INFINITY;
    }),
  },
  {
    name: 'slow-to-start',
    title: 'needs 65 seconds until it answers after a reset',
    change: restarting((state) => {
      state.bootsUntil = state.now + 65 * SECOND;
    }),
  },
  {
    name: 'starts-a-moment-late',
    title: 'needs a moment more than a minute until it answers after a reset',
    change: restarting((state) => {
      state.bootsUntil = state.now + MOMENT_LATE;
    }),
  },
  {
    name: 'refuses-eid-after-reset',
    title: 'refuses the first EID that it is given after a reset',
    seenIn: 'network cards behind OpenBIC 2500, 2538',
    change: atFirst('setEndpointId', () => ({ fields: { completionCode: 0x01 } }), false),
  },
  {
    name: 'other-uuid-after-reset',
    title: 'tells another UUID at first after a reset',
    change: atFirst('getEndpointUuid', () => ({
      fields: { completionCode: 0, uuid: '00000000-0000-4000-8000-000000000001' },
    })),
  },
  {
    name: 'no-types-after-reset',
    title: 'lists no message types at first after a reset',
    change: atFirst('getMessageTypeSupport', () => ({ fields: { completionCode: 0, types: [] } })),
  },
  {
    name: 'static-eid-lost-over-reset',
    title: 'has lost its static EID after a reset',
    seenIn: 'a CXL device behind OpenBIC 2409',
    classes: ['complete'],
    change: restarting((state) => {
      state.eid = 0;
    }),
  },
];
