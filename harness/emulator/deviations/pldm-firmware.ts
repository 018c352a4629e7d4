import { MILLISECOND } from '../../clock';
import type { FieldValues } from '../../codec/field-spec';
import type { Deviation, DeviceState, OwnRequest } from '../endpoint-types';
import { firmwareStates, idleFirmware } from '../firmware-types';
import { ofCards } from './cards';
import type { Change } from './change';
import { answering, cut, isSuccess, refusal, responding, respondingTo } from './change';
import { limited } from './reach';

/** The firmware device. */

const IDENTIFIERS = 'pldm/queryDeviceIdentifiers';
const PARAMETERS = 'pldm/getFirmwareParameters';
const STATUS = 'pldm/getStatus';
const REQUEST = 'pldm/requestUpdate';
const PASS = 'pldm/passComponentTable';
const UPDATE = 'pldm/updateComponent';
const ACTIVATE = 'pldm/activateFirmware';
const CANCEL = 'pldm/cancelUpdate';
const CANCEL_COMPONENT = 'pldm/cancelUpdateComponent';
const DATA = 'pldm/requestFirmwareData';
const ERROR_NOT_READY = 4;
const TRANSFERRED = 'pldm/transferComplete';
const VERIFIED = 'pldm/verifyComplete';
const APPLIED = 'pldm/applyComplete';
const ABORTED = 3;
const BEHIND = { offset: 0x10000, length: 32 };
const UNABLE_TO_INITIATE = 0x8a;
const { idle, readyXfer } = firmwareStates;

/** Success, without effect, where the correct device refuses. */
const accepting = (command: string, fields: FieldValues = {}): Change =>
  respondingTo([command], (correct, request, sets) => {
    const answer = correct(request, sets);
    return isSuccess(answer) ? answer : { fields: { completionCode: 0, ...fields } };
  });

/** Other requests of its own for data. */
/** What a firmware device asks of its own it asks only of who has begun an update. */
const duringUpdate = <Hook extends object>(hook: Hook): Hook => limited([REQUEST], hook);

const asking = (change: (fields: FieldValues) => FieldValues | undefined): Change => {
  return (correct) => ({
    ownRequests: duringUpdate((request, state) =>
      correct.ownRequests(request, state).flatMap((own) => {
        const fields = own.command === DATA ? change(own.fields) : own.fields;
        return fields === undefined ? [] : [{ ...own, fields }];
      }),
    ),
  });
};

/** Answers a command as ever, and keeps of the card what it was about to change. */
const forgetting = (command: string, part: 'firmware' | 'flash'): Change =>
  respondingTo([command], (correct, request, sets) => {
    const { card } = request.state;
    const before = card?.[part];
    const answer = correct(request, sets);
    if (card !== undefined) Object.assign(card, { [part]: before });
    return answer;
  });

const deviations: readonly Deviation[] = [
  {
    name: 'firmware-descriptors-length-wrong',
    title: 'counts more octets of descriptors than it sends',
    change: answering(IDENTIFIERS, ({ descriptorsLength }) => ({ descriptorsLength: Number(descriptorsLength) + 2 })),
  },
  {
    name: 'firmware-descriptor-missing',
    title: 'has no descriptor',
    change: answering(IDENTIFIERS, { descriptorsLength: 0, descriptorCount: 0, descriptors: [] }),
  },
  {
    name: 'firmware-device-before-vendor',
    title: 'sends its vendor as the last descriptor',
    change: answering(IDENTIFIERS, ({ descriptors }) => ({
      descriptors: Array.isArray(descriptors) ? [...descriptors].reverse() : [],
    })),
  },
  {
    name: 'firmware-vendor-in-four-octets',
    title: 'sends its PCI vendor in four octets',
    change: answering(IDENTIFIERS, ({ descriptors, descriptorsLength }) => ({
      descriptorsLength: Number(descriptorsLength) + 2,
      descriptors: Array.isArray(descriptors) ? [{ type: 0, value: '0xb41a0000' }, ...descriptors.slice(1)] : [],
    })),
  },
  {
    name: 'firmware-version-empty',
    title: 'has an active version without a character',
    change: answering(PARAMETERS, { activeVersion: '' }),
  },
  {
    name: 'firmware-version-padded',
    title: 'pads its active version with NUL',
    change: answering(PARAMETERS, ({ activeVersion }) => ({ activeVersion: `${String(activeVersion)}\0\0\0` })),
  },
  {
    name: 'firmware-component-count-wrong',
    title: 'counts a component that it does not send',
    change: answering(PARAMETERS, ({ componentCount }) => ({ componentCount: Number(componentCount) + 1 })),
  },
  {
    name: 'firmware-status-short',
    title: 'leaves the update options out of its status',
    change: cut(STATUS, (body) => body.length - 4),
  },
  {
    name: 'firmware-idle-is-ready',
    title: 'says that it is ready to transfer while it is idle',
    change: answering(STATUS, ({ currentState = idle }) => ({
      currentState: currentState === idle ? readyXfer : currentState,
    })),
  },
  {
    name: 'firmware-reason-undefined',
    title: 'gives a reason that is not defined',
    change: answering(STATUS, { reasonCode: 100 }),
  },
  {
    name: 'firmware-request-refused',
    title: 'is unable to be updated',
    change: responding(REQUEST, () => refusal(UNABLE_TO_INITIATE)),
  },
  {
    name: 'firmware-requests-stay-idle',
    title: 'accepts a request for an update and stays idle',
    change: responding(REQUEST, () => ({ fields: {} })),
  },
  {
    name: 'firmware-takes-second-request',
    title: 'accepts a second request for an update',
    change: accepting(REQUEST),
  },
  {
    name: 'firmware-not-ready-for-strangers',
    title: 'is not ready for the steps of an update that nobody has requested',
    seenIn: 'libpldm',
    change: respondingTo([PASS, UPDATE, ACTIVATE, CANCEL_COMPONENT], (correct, request, sets) => {
      const { current } = request.state.card?.firmware ?? idleFirmware;
      const answer = correct(request, sets);
      return current === idle ? refusal(ERROR_NOT_READY) : answer;
    }),
  },
  {
    name: 'firmware-passes-in-any-state',
    title: 'takes a component table in any state',
    change: accepting(PASS),
  },
  {
    name: 'firmware-updates-in-any-state',
    title: 'takes a component to update in any state',
    change: accepting(UPDATE),
  },
  {
    name: 'firmware-activates-in-any-state',
    title: 'activates its firmware in any state',
    change: accepting(ACTIVATE),
  },
  {
    name: 'firmware-cancels-anything',
    title: 'cancels an update that is not going on',
    change: accepting(CANCEL),
  },
  {
    name: 'firmware-cancels-component-in-any-state',
    title: 'cancels a component that it does not update',
    change: accepting(CANCEL_COMPONENT),
  },
  {
    name: 'firmware-cancel-without-effect',
    title: 'accepts that an update is cancelled and goes on',
    pervasive: true,
    change: forgetting(CANCEL, 'firmware'),
  },
  {
    name: 'firmware-takes-unknown-component',
    title: 'takes a component that it does not have',
    change: answering(UPDATE, { compatibility: 0, compatibilityCode: 0 }),
  },
  {
    name: 'firmware-asks-beyond-transfer',
    title: 'asks for more data at once than was agreed',
    change: asking((fields) => ({ ...fields, length: 4096 })),
  },
  {
    name: 'firmware-never-asks',
    title: 'never asks for its image',
    change: asking(() => undefined),
  },
  {
    name: 'firmware-waits-for-ever',
    title: 'waits for its update agent for ever',
    change: respondingTo([STATUS], (correct, request, sets) => {
      const { card, now } = request.state;
      if (card !== undefined) card.firmware = { ...card.firmware, heard: now };
      return correct(request, sets);
    }),
  },
];

/** Other requests of its own that follow an answer of the update agent. */
const following = (
  change: (
    next: readonly OwnRequest[],
    wanted: OwnRequest,
    body: Uint8Array,
    state: DeviceState,
  ) => readonly OwnRequest[],
): Change => {
  return (correct) => ({
    answered: (wanted, body, state) => change(correct.answered(wanted, body, state), wanted, body, state),
  });
};

/** Of a response of the agent. */
const codeOf = (body: Uint8Array): number => body[4] ?? 0;
const [OUT_OF_RANGE, PUT_OFF] = [0x82, 0x89];

/** The same in every request of its own, the first one too. */
const everyOwn = (change: (own: OwnRequest) => OwnRequest): Change => {
  return (correct) => ({
    ownRequests: duringUpdate((request, state) => correct.ownRequests(request, state).map(change)),
    answered: (wanted, body, state) => correct.answered(wanted, body, state).map(change),
  });
};

const downloads: readonly Deviation[] = [
  {
    name: 'firmware-gives-up-when-put-off',
    title: 'asks no more for data that its update agent puts off',
    change: following((next, _, body) => (codeOf(body) === PUT_OFF ? [] : next)),
  },
  {
    name: 'firmware-locked-up-when-refused',
    title: 'answers no status any more when its update agent has refused data',
    pervasive: true,
    change: (correct) => ({
      answered: (wanted, body, state) => {
        if (wanted.command === DATA && codeOf(body) === OUT_OF_RANGE) state.memory.set('firmware-stuck', 1);
        return correct.answered(wanted, body, state);
      },
      respond: duringUpdate((request, sets) =>
        request.state.memory.has('firmware-stuck') && request.command.name === STATUS
          ? 'silence'
          : correct.respond(request, sets),
      ),
    }),
  },
  {
    name: 'firmware-transferred-though-refused',
    title: 'says that its image was transferred though its update agent has refused data',
    change: following((next) =>
      next.map((own) => (own.fields.result === ABORTED ? { ...own, fields: { result: 0 } } : own)),
    ),
  },
  {
    name: 'firmware-uses-short-data',
    title: 'uses data of the wrong size',
    change: following((next, wanted, body) => {
      const [own] = next;
      if (own?.command !== DATA || body.length - 5 >= Number(wanted.fields.length)) return next;
      return [{ ...own, fields: { ...own.fields, offset: Number(wanted.fields.offset) + body.length - 5 } }];
    }),
  },
  {
    name: 'firmware-asks-on-after-cancel',
    title: 'goes on asking for its image after the update was cancelled',
    pervasive: true,
    change: (correct) => ({
      ownRequests: duringUpdate((request, state) => {
        const before = state.pending;
        const own = correct.ownRequests(request, state);
        if (request.command.name === CANCEL) state.pending = before;
        return own;
      }),
      answered: (wanted, body, state) => {
        const next = correct.answered(wanted, body, state);
        const cancelled = wanted.command === DATA && state.card?.firmware.current === idle;
        return cancelled ? [{ ...wanted, delayNs: MILLISECOND }] : next;
      },
    }),
  },
  {
    name: 'firmware-asks-beyond-image',
    title: 'asks for data behind the end of its image',
    change: following((next) =>
      next.map((own) => (own.command === TRANSFERRED ? { ...own, command: DATA, fields: BEHIND } : own)),
    ),
  },
  {
    name: 'firmware-stays-in-apply',
    title: 'never says that its image is applied',
    change: following((next) => next.filter(({ command }) => command !== APPLIED)),
  },
  {
    name: 'firmware-verify-fails',
    title: 'finds a good image bad',
    change: everyOwn((own) => (own.command === VERIFIED ? { ...own, fields: { result: 1 } } : own)),
  },
  {
    name: 'firmware-activation-without-effect',
    title: 'accepts to activate its new firmware and forgets it',
    change: forgetting(ACTIVATE, 'flash'),
  },
  {
    name: 'firmware-old-after-restart',
    title: 'starts with its old firmware though the new one is activated',
    change: (correct) => ({
      hook: (name, state) => {
        const before = state.card?.flash.active;
        correct.hook(name, state);
        if (state.card !== undefined && before !== undefined) state.card.flash = { active: before, pending: {} };
      },
    }),
  },
  {
    name: 'firmware-takes-any-image',
    title: 'does not verify its image',
    change: (correct) => ({
      answered: (wanted, body, state) => {
        const next = correct.answered(wanted, body, state);
        if (wanted.command === TRANSFERRED && state.card !== undefined)
          state.card.firmware = { ...state.card.firmware, failed: false };
        return next.map((own) => (own.command === VERIFIED ? { ...own, fields: { result: 0 } } : own));
      },
    }),
  },
  {
    name: 'firmware-tells-once',
    title: 'tells its update agent only once what becomes of its image',
    change: following((next) => next.map((own) => (own.command === DATA ? own : { ...own, tries: 1 }))),
  },
];

export const firmwareDeviations: readonly Deviation[] = ofCards(
  [...deviations, ...downloads],
  [
    'firmware-descriptor-missing',
    'firmware-vendor-in-four-octets',
    'firmware-version-empty',
    'firmware-idle-is-ready',
    'firmware-request-refused',
  ],
);
