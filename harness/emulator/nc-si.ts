import type { FieldValues } from '../codec/field-spec';
import { success } from './answers';
import { nicCard } from './card-nic';
import type { Answer, DeviceRequest, DeviceState, Responder, Responders } from './endpoint-types';
import { ncSiFailure, reasons, UNSUPPORTED } from './nc-si-answers';
import { channelReaders, packageReaders } from './nc-si-read';
import { ncSiOf } from './nc-si-state';
import { cableEvents, channelWriters, linkEvents, packageWriters } from './nc-si-write';
import type { Protocol } from './protocol';

/** NC-SI control over MCTP (DSP0222, DSP0261): package 0 with a channel for every port of the card. */

const RESPONSE = 0x80;

/** Ours, with a right checksum or none; all else is dropped, as the data sheets say. */
function accepts(header: FieldValues, _packet: unknown, state: DeviceState): boolean {
  const { counts } = ncSiOf(state);
  const { mcId, headerRevision, commandCode, checksumStatus } = header;
  const ours = mcId === 0 && headerRevision === 1 && header.package === 0 && Number(commandCode) < RESPONSE;
  const whole = checksumStatus === 'good' || checksumStatus === 'none';
  if (ours && whole) counts.commandsReceived += 1;
  else counts.controlPacketsDropped += 1;
  if (ours && !whole) counts.commandChecksumErrors += 1;
  return ours && whole;
}

function unknownCommand(_header: FieldValues, state: DeviceState): Answer {
  ncSiOf(state).counts.commandTypeErrors += 1;
  return ncSiFailure(reasons.unknownCommand, UNSUPPORTED);
}

/** In its initial state a channel does nothing but leave it (DSP0222, initial state). */
function forChannel(name: string, responder: Responder): Responder {
  return (request, commands) => {
    const channel = ncSiOf(request.state).channels[Number(request.header.channel)];
    if (channel === undefined) return ncSiFailure(reasons.parameterInvalid);
    if (channel.initial && name !== 'clearInitialState') return ncSiFailure(reasons.initializationRequired);
    return responder(request, commands);
  };
}

/** Of its own manufacturer it echoes; it has no others. */
function oem({ fields }: DeviceRequest): Answer {
  const { manufacturerId, data = '' } = fields;
  if (manufacturerId !== nicCard.iana) return ncSiFailure(reasons.unknownCommand, UNSUPPORTED);
  return success({ manufacturerId, data });
}

const channelResponders = Object.entries({ ...channelReaders, ...channelWriters, oem }).map(
  ([name, responder]) => [`nc-si/${name}`, forChannel(name, responder)] as const,
);
const packageResponders = Object.entries({ ...packageReaders, ...packageWriters }).map(
  ([name, responder]) => [`nc-si/${name}`, responder] as const,
);

const responders: Responders = Object.fromEntries([...packageResponders, ...channelResponders]);

export const ncSi: Protocol = {
  set: 'nc-si',
  responders,
  accepts,
  wrongLength: () => ncSiFailure(reasons.invalidPayloadLength),
  unknownCommand,
  ownRequests: linkEvents,
  announcements: cableEvents,
};
