import type { Answer, DeviceRequest } from './endpoint-types';
import type { NcSiChannel } from './nc-si-state';
import { ncSiOf } from './nc-si-state';

/** Response codes (DSP0222). */
export const FAILED = 0x0001;
export const UNSUPPORTED = 0x0003;

/** Reason codes that do not belong to one command (DSP0222). */
export const reasons = {
  initializationRequired: 0x0001,
  parameterInvalid: 0x0002,
  invalidPayloadLength: 0x0005,
  informationNotAvailable: 0x0006,
  unknownCommand: 0x7fff,
} as const;

export const ncSiFailure = (reasonCode: number, responseCode: number = FAILED): Answer => ({
  fields: { completionCode: responseCode, reasonCode },
});

/** The channel that a command is for; only commands for channels that exist get so far. */
export function channelOf({ header, state }: DeviceRequest): NcSiChannel {
  const channel = ncSiOf(state).channels[Number(header.channel)];
  if (channel === undefined) throw new RangeError(`the card has no channel ${Number(header.channel)}`);
  return channel;
}
