import { success } from '../answers';
import type { Deviation, DeviceRequest } from '../endpoint-types';
import { ncSiFailure, reasons } from '../nc-si-answers';
import type { NcSiChannel } from '../nc-si-state';
import { ncSiOf } from '../nc-si-state';
import type { Change } from './change';
import { answering, lacking, responding, respondingTo, sending, withOctet } from './change';
import { covered, summed } from './nc-si-change';
import { limited, typeKey } from './reach';

/** The initial state of NC-SI channels, their events, and what MCTP control says of NC-SI. */

const NC_SI = 2;
const EVENT = 0xff;
const VERSION = 'nc-si/getVersionId';
const SELECT = ['nc-si/selectPackage', 'nc-si/deselectPackage'];
const CAPABILITIES = 'nc-si/getCapabilities';
const CLEAR = 'nc-si/clearInitialState';
const RESET = 'nc-si/resetChannel';
const SET_LINK = 'nc-si/setLink';
const AEN_ENABLE = 'nc-si/aenEnable';

const channelOf = ({ state, header }: DeviceRequest): NcSiChannel | undefined =>
  ncSiOf(state).channels[Number(header.channel)];

/** Of every NC-SI command, before it is executed. */
const beforehand =
  (change: (channel: NcSiChannel, request: DeviceRequest) => void): Change =>
  (correct) => ({
    respond: limited([typeKey(NC_SI)], (request, commands) => {
      const channel = request.command.set === 'nc-si' ? channelOf(request) : undefined;
      if (channel !== undefined) change(channel, request);
      return correct.respond(request, commands);
    }),
  });

/** Changes the octets of events; the checksum is right again. */
const events = (change: (octets: Uint8Array) => Uint8Array): Change =>
  sending((message, request) => {
    const { body } = message;
    const isEvent = request === undefined && body[0] === NC_SI && body[5] === EVENT;
    return isEvent ? { ...message, body: summed(change(covered(body))) } : message;
  });

/** Answers a command in the initial state as outside of it. */
const evenInitial = (command: string): Change =>
  respondingTo([command], (correct, request, sets) => {
    const channel = channelOf(request);
    if (channel?.initial !== true) return correct(request, sets);
    channel.initial = false;
    const answer = correct(request, sets);
    channel.initial = true;
    return answer;
  });

const deviations: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nc-si-no-initial-state',
    title: 'has no initial state: it executes commands at once',
    change: beforehand((channel) => {
      channel.initial = false;
    }),
  },
  {
    name: 'nc-si-version-in-initial-state',
    title: 'answers Get Version ID in the initial state',
    change: evenInitial(VERSION),
  },
  {
    name: 'nc-si-capabilities-in-initial-state',
    title: 'answers Get Capabilities in the initial state',
    change: evenInitial(CAPABILITIES),
  },
  {
    name: 'nc-si-refuses-needless-clear',
    title: 'refuses Clear Initial State of a channel that has left that state',
    change: respondingTo([CLEAR], (correct, request, sets) =>
      channelOf(request)?.initial === false ? ncSiFailure(reasons.parameterInvalid) : correct(request, sets),
    ),
  },
  {
    name: 'nc-si-reset-keeps-notifications',
    title: 'leaves its notifications enabled when a channel is reset',
    change: respondingTo([RESET], (correct, request, sets) => {
      const channel = channelOf(request);
      const aens = channel?.aens ?? 0;
      const answer = correct(request, sets);
      if (channel !== undefined) channel.aens = aens;
      return answer;
    }),
  },
  {
    name: 'nc-si-silent-in-initial-state',
    title: 'does not answer commands in the initial state',
    change: (correct) => ({
      respond: limited([typeKey(NC_SI)], (request, commands) => {
        const answer = correct.respond(request, commands);
        const initial = answer !== 'silence' && answer.fields.reasonCode === reasons.initializationRequired;
        return request.command.set === 'nc-si' && initial ? 'silence' : answer;
      }),
    }),
  },
  {
    name: 'nc-si-package-in-initial-state',
    title: 'refuses commands for the package while channel 0 is in its initial state',
    change: respondingTo(SELECT, (correct, request, sets) =>
      ncSiOf(request.state).channels[0]?.initial === true
        ? ncSiFailure(reasons.initializationRequired)
        : correct(request, sets),
    ),
  },
  {
    name: 'nc-si-clear-initial-state-resets',
    title: 'resets the channel on Clear Initial State',
    change: respondingTo([CLEAR], (correct, request, sets) => {
      Object.assign(channelOf(request) ?? {}, { aens: 0, macs: [] });
      return correct(request, sets);
    }),
  },
  {
    name: 'nc-si-one-channel',
    title: 'refuses commands for its second channel',
    change: (correct) => ({
      respond: limited([typeKey(NC_SI)], (request, commands) =>
        request.command.set === 'nc-si' && request.header.channel === 1
          ? ncSiFailure(reasons.parameterInvalid)
          : correct.respond(request, commands),
      ),
    }),
  },
  {
    name: 'nc-si-events-unasked',
    title: 'sends notifications of its link though nobody enabled them',
    change: respondingTo([SET_LINK, AEN_ENABLE], (correct, request, sets) => {
      const answer = correct(request, sets);
      const channel = channelOf(request);
      if (channel !== undefined) channel.aens |= 1;
      return answer;
    }),
  },
  {
    name: 'nc-si-events-missing',
    title: 'sends no notification of its link though they are enabled',
    change: (correct) => ({
      ownRequests: limited([SET_LINK], (request, state) =>
        request.command.name === SET_LINK ? [] : correct.ownRequests(request, state),
      ),
      announcements: (name, state) =>
        correct.announcements(name, state).filter(({ command }) => !command.startsWith('nc-si/')),
    }),
  },
  {
    name: 'nc-si-link-status-stale',
    title: 'says that a link is up whose cable has been pulled',
    change: answering('nc-si/getLinkStatus', (fields, { header }) =>
      header.channel === 0 ? { linkUp: 1, speedDuplex: 0x0a } : fields,
    ),
  },
  {
    name: 'nc-si-events-with-instance-id',
    title: 'counts its notifications in the instance id',
    change: events((octets) => withOctet(octets, 4, () => 1)),
  },
  {
    name: 'nc-si-events-without-oem-status',
    title: 'leaves the OEM link status out of its notifications',
    change: events((octets) => withOctet(octets.slice(0, -4), 8, (length) => length - 4)),
  },
  {
    name: 'nc-si-events-with-stale-octets',
    title: 'leaves what it finds in the reserved octets of its notifications',
    change: events((octets) => withOctet(octets, 17, () => 0xde)),
  },
  {
    name: 'nc-si-events-of-type-7f',
    title: 'sends its notifications as packets of type 7F',
    change: events((octets) => withOctet(octets, 5, () => 0x7f)),
  },
  {
    name: 'nc-si-takes-any-oem-command',
    title: 'executes OEM commands of any manufacturer',
    change: responding('nc-si/oem', ({ fields }) =>
      success({ manufacturerId: fields.manufacturerId ?? 0, data: fields.data ?? '' }),
    ),
  },
  {
    name: 'nc-si-ignores-foreign-oem-commands',
    title: 'does not answer OEM commands of other manufacturers',
    change: respondingTo(['nc-si/oem'], (correct, request, sets) => {
      const answer = correct(request, sets);
      return answer !== 'silence' && answer.fields.completionCode !== 0 ? 'silence' : answer;
    }),
  },
  {
    name: 'nc-si-without-link-status',
    title: 'does not know Get Link Status over MCTP',
    change: lacking('nc-si/getLinkStatus'),
  },
  {
    name: 'nc-si-unlisted',
    title: 'speaks NC-SI and does not list it',
    change: answering('getMessageTypeSupport', ({ types }) => ({
      types: (types as readonly number[]).filter((type) => type !== NC_SI),
    })),
  },
  {
    name: 'nc-si-unserved',
    title: 'lists NC-SI and does not speak it',
    pervasive: true,
    change: (correct) => ({
      acceptsMessage: limited(
        [typeKey(NC_SI)],
        (header, packet, state) => header.messageType !== NC_SI && correct.acceptsMessage(header, packet, state),
      ),
    }),
  },
];

export const ncSiStateDeviations: readonly Deviation[] = deviations.map((deviation) => ({
  ...deviation,
  classes: ['nic'],
}));
