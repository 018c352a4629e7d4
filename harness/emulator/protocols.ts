import { messageTypes } from '../names';
import { ERROR_UNSUPPORTED_COMMAND } from './answers';
import { bridgeResponders } from './bridge-control';
import { classDefinitions, discoveryCommands } from './classes';
import { controlResponders } from './control';
import type { Responders } from './endpoint-types';
import { firmwareResponders } from './firmware';
import { firmwareAnswered, firmwareRequests } from './firmware-download';
import { correctFru, fruResponders } from './fru';
import { ncSi } from './nc-si';
import { nvmeMi } from './nvme-mi';
import { optionalResponders } from './optional';
import { correctRules, platformResponders } from './platform';
import { platformEvents } from './platform-events';
import { pldmResponders } from './pldm';
import type { Protocol } from './protocol';
import { spdm } from './spdm';

/** DSP0240, Table 5. */
const ERROR_INVALID_PLDM_TYPE = 0x20;
/** Of DSP0240's header, clause 7.1: the only version there is. */
const PLDM_HEADER_VERSION = 0;

/** Rq says that it is a request, D that it wants an answer; it is one packet (DSP0236 11.7, Table 11). */
const control: Protocol = {
  set: 'control',
  responders: { ...controlResponders, ...optionalResponders, ...bridgeResponders },
  accepts: ({ request, datagram }, packet) => packet.eom === 1 && request === 1 && datagram === 0,
  supports: ({ name }, state) => {
    const discovers = (discoveryCommands as readonly string[]).includes(name);
    return classDefinitions[state.class].commands.includes(name) && !(discovers && state.binding === 'smbus');
  },
};

const pldm: Protocol = {
  set: 'pldm',
  responders: {
    ...pldmResponders,
    ...fruResponders(correctFru),
    ...platformResponders(correctRules),
    ...firmwareResponders,
  },
  // What only a storage controller has.
  supports: ({ name }, state) =>
    !/\/(.etStateEffecter|.*Downstream(Id|Firm|DeviceU))/.test(name) || state.class === 'hba',
  accepts: ({ request, datagram, pldmHeaderVersion }) =>
    request === 1 && datagram === 0 && pldmHeaderVersion === PLDM_HEADER_VERSION,
  unknownCommand: ({ pldmType }, state) =>
    classDefinitions[state.class].pldmTypes.includes(Number(pldmType))
      ? ERROR_UNSUPPORTED_COMMAND
      : ERROR_INVALID_PLDM_TYPE,
  ownRequests: firmwareRequests,
  answered: firmwareAnswered,
  announcements: platformEvents,
};

/** Everything above MCTP that emulated devices speak; which of it a class has follows from its message types. */
export const protocols: readonly Protocol[] = [control, pldm, ncSi, nvmeMi, spdm];

export const responders: Responders = Object.assign({}, ...protocols.map((protocol) => protocol.responders));

/** The protocol of a message type, by a set's name or by number. */
export function protocolOf(type: string | number): Protocol | undefined {
  return protocols.find(({ set }) => set === type || messageTypes[set as keyof typeof messageTypes] === type);
}
