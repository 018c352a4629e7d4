import { MILLISECOND, SECOND } from '../clock';
import { concat } from '../codec/octets';
import type { DeviceRequest, DeviceState, OwnRequest } from './endpoint-types';
import { ACTIVATED_BY_RESET, BASELINE_TRANSFER, enter } from './firmware';
import { isWhole } from './firmware-image';
import type { FirmwareState } from './firmware-types';
import { firmwareStates, idleFirmware } from './firmware-types';

/**
 * What a firmware device asks of its update agent (DSP0267): piece after piece of the image, and then, one after the
 * other, whether it was transferred, verified and applied.
 */

/** DSP0267 FD_T2, and how often is asked within FD_T1. */
const FD_T2 = 2 * SECOND;
const TRIES = 45;
/** Between an answer and the next request. */
const PAUSE = MILLISECOND;
const VERIFYING = 20 * MILLISECOND;

const { download, verify, apply, readyXfer } = firmwareStates;

const results = { success: 0, verifyError: 1, aborted: 3 } as const;
const codes = { success: 0, outOfRange: 0x82, invalidLength: 0x83, retry: 0x89 } as const;
/** Where a response has its completion code, and what follows. */
const CODE = 4;
/** Type octet and header. */
const DATA = 5;

function asking(
  { agent }: FirmwareState,
  command: string,
  fields: OwnRequest['fields'],
  delayNs: number = PAUSE,
): readonly OwnRequest[] {
  if (agent === undefined) return [];
  const to = { destinationEid: agent.eid, address: agent.address };
  return [{ command: `pldm/${command}`, fields, ...to, delayNs, timeout: FD_T2, tries: TRIES }];
}

/** The next piece: never less than the baseline, though the image may end before (the agent fills up with zeros). */
function nextPiece(firmware: FirmwareState, delayNs?: number): readonly OwnRequest[] {
  const { image, transfer } = firmware;
  if (image === undefined) return [];
  const offset = image.octets.length;
  const length = Math.min(transfer, Math.max(BASELINE_TRANSFER, image.size - offset));
  return asking(firmware, 'requestFirmwareData', { offset, length }, delayNs);
}

/** The first request for data, once the device is in download. Whatever is cancelled asks no more. */
export function firmwareRequests({ command }: DeviceRequest, state: DeviceState): readonly OwnRequest[] {
  const firmware = state.card?.firmware ?? idleFirmware;
  if (command.name.startsWith('pldm/cancelUpdate'))
    state.pending = state.pending.filter(({ wanted }) => !isOfUpdate(wanted));
  return command.name === 'pldm/updateComponent' && firmware.current === download ? nextPiece(firmware) : [];
}

const ofUpdate = ['requestFirmwareData', 'transferComplete', 'verifyComplete', 'applyComplete'].map(
  (name) => `pldm/${name}`,
);
const isOfUpdate = ({ command }: OwnRequest): boolean => ofUpdate.includes(command);

/** What follows an answer of the update agent. */
export function firmwareAnswered(wanted: OwnRequest, body: Uint8Array, state: DeviceState): readonly OwnRequest[] {
  const { card } = state;
  if (card === undefined || !isOfUpdate(wanted)) return [];
  card.firmware = { ...card.firmware, heard: state.now };
  switch (wanted.command) {
    case 'pldm/requestFirmwareData':
      return card.firmware.current === download ? gotPiece(wanted, body, state) : [];
    case 'pldm/transferComplete': {
      if (wanted.fields.result !== results.success) return [];
      const whole = isWhole(card.firmware.image?.octets ?? new Uint8Array(0));
      const next = enter(state, verify, { failed: !whole });
      return asking(next, 'verifyComplete', { result: whole ? results.success : results.verifyError }, VERIFYING);
    }
    case 'pldm/verifyComplete': {
      if (wanted.fields.result !== results.success) return [];
      const next = enter(state, apply);
      return asking(
        next,
        'applyComplete',
        { result: results.success, activationMethods: ACTIVATED_BY_RESET },
        VERIFYING,
      );
    }
    default: {
      const { image, applied } = card.firmware;
      const now = image === undefined ? applied : { ...applied, [image.identifier]: image.version };
      enter(state, readyXfer, { image: undefined, applied: now });
      return [];
    }
  }
}

function gotPiece(wanted: OwnRequest, body: Uint8Array, state: DeviceState): readonly OwnRequest[] {
  const { card } = state;
  const image = card?.firmware.image;
  if (card === undefined || image === undefined) return [];
  switch (body[CODE]) {
    case codes.success:
      break;
    case codes.outOfRange:
    case codes.invalidLength:
      card.firmware = { ...card.firmware, failed: true };
      return asking(card.firmware, 'transferComplete', { result: results.aborted });
    default:
      return nextPiece(card.firmware, FD_T2);
  }
  const data = body.subarray(DATA);
  // Of the wrong size: not used, and asked for again.
  if (data.length !== wanted.fields.length) return nextPiece(card.firmware, FD_T2);
  const octets = concat(image.octets, data).subarray(0, image.size);
  card.firmware = { ...card.firmware, image: { ...image, octets } };
  if (octets.length < image.size) return nextPiece(card.firmware);
  return asking(card.firmware, 'transferComplete', { result: results.success });
}
