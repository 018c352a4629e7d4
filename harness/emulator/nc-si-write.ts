import { MILLISECOND } from '../clock';
import type { FieldValues } from '../codec/field-spec';
import type { HookName } from '../names';
import { success } from './answers';
import type { DeviceRequest, DeviceState, OwnRequest, Responder, Responders } from './endpoint-types';
import { channelOf, ncSiFailure, reasons } from './nc-si-answers';
import { linkStatusOf } from './nc-si-read';
import type { NcSiChannel } from './nc-si-state';
import { ncSiOf, resetChannel } from './nc-si-state';

/** Responders that change the package or a channel, and the events that follow from it. */

const LINK_STATUS_AEN = 1;
const MAC_ADDRESS_ZERO = 0x0e08;
const FLOW_CONTROL_OUT_OF_RANGE = 0x1409;
const VLAN_TAG_INVALID = 0x0b07;
const BIDIRECTIONAL = 3;
const ANY_VLAN_AND_NON_VLAN = 3;

/** The port whose cable can be pulled (hooks). */
const CABLE_PORT = 0;

/** From Set Link to the link being down, and up again. */
const LINK_DOWN = 5 * MILLISECOND;
const LINK_TRAINED = 100 * MILLISECOND;

/** A responder that sets some of the channel's settings. */
const setting =
  (change: (request: DeviceRequest, channel: NcSiChannel) => Partial<NcSiChannel>): Responder =>
  (request) => {
    const channel = channelOf(request);
    Object.assign(channel, change(request, channel));
    return success();
  };

const selectPackage: Responder = ({ fields, state }) => {
  const own = ncSiOf(state);
  own.selected = true;
  own.hardwareArbitration = fields.hardwareArbitrationDisable === 0;
  return success();
};

const deselectPackage: Responder = ({ state }) => {
  ncSiOf(state).selected = false;
  return success();
};

const clearInitialState: Responder = setting(() => ({ initial: false }));

const resetChannelResponder: Responder = (request) => {
  resetChannel(channelOf(request));
  return success();
};

const aenEnable: Responder = (request) => {
  const { fields, packet, sourceAddress } = request;
  const channel = channelOf(request);
  const { linkStatusAen, configurationRequiredAen, hostDriverAen } = fields;
  channel.aens = Number(linkStatusAen) | (Number(configurationRequiredAen) << 1) | (Number(hostDriverAen) << 2);
  channel.aenReceiver = { eid: packet.sourceEid, address: sourceAddress };
  return success();
};

const setLink: Responder = (request) => {
  const channel = channelOf(request);
  channel.linkSettings = linkSettings(request.body);
  channel.trainedAt = request.state.now + LINK_TRAINED;
  return success();
};

/** Behind type octet and header. */
const linkSettings = (body: Uint8Array): number => new DataView(body.buffer, body.byteOffset).getUint32(17);

const setVlanFilter: Responder = (request) => {
  const { fields } = request;
  const tag = Number(fields.vlanTag) & 0x0fff;
  if (tag === 0) return ncSiFailure(VLAN_TAG_INVALID);
  const channel = channelOf(request);
  const others = channel.vlans.filter((vlan) => vlan !== tag);
  channel.vlans = fields.enable === 1 ? [...others, tag].slice(-8) : others;
  return success();
};

const enableVlan: Responder = (request) => {
  const mode = Number(request.fields.mode);
  if (mode < 1 || mode > ANY_VLAN_AND_NON_VLAN) return ncSiFailure(reasons.parameterInvalid);
  channelOf(request).vlanMode = mode;
  return success();
};

const setMacAddress: Responder = (request) => {
  const { fields } = request;
  const mac = String(fields.macAddress);
  if (/^0*$/.test(mac)) return ncSiFailure(MAC_ADDRESS_ZERO);
  const channel = channelOf(request);
  const others = channel.macs.filter((each) => each !== mac);
  channel.macs = fields.enable === 1 ? [...others, mac].slice(-2) : others;
  return success();
};

const setNcSiFlowControl: Responder = (request) => {
  const mode = Number(request.fields.mode);
  if (mode > BIDIRECTIONAL) return ncSiFailure(FLOW_CONTROL_OUT_OF_RANGE);
  channelOf(request).flowControl = mode;
  return success();
};

export const packageWriters: Responders = { selectPackage, deselectPackage };

export const channelWriters: Responders = {
  clearInitialState,
  enableChannel: setting(() => ({ enabled: true })),
  disableChannel: setting(() => ({ enabled: false })),
  resetChannel: resetChannelResponder,
  enableChannelNetworkTx: setting(() => ({ transmits: true })),
  disableChannelNetworkTx: setting(() => ({ transmits: false })),
  aenEnable,
  setLink,
  setVlanFilter,
  enableVlan,
  disableVlan: setting(() => ({ vlanMode: 0 })),
  setMacAddress,
  enableBroadcastFilter: setting(({ fields }) => {
    const { arp, dhcpClient, dhcpServer, netBios } = fields;
    const packets = Number(arp) | (Number(dhcpClient) << 1) | (Number(dhcpServer) << 2) | (Number(netBios) << 3);
    return { broadcast: { enabled: true, packets } };
  }),
  disableBroadcastFilter: setting((_, { broadcast }) => ({ broadcast: { ...broadcast, enabled: false } })),
  enableGlobalMulticastFilter: setting(() => ({ multicast: true })),
  disableGlobalMulticastFilter: setting(() => ({ multicast: false })),
  setNcSiFlowControl,
};

/** A notification of a channel's link, where it was asked for (DSP0222 Link Status Change AEN). */
function linkEvent(state: DeviceState, index: number, status: FieldValues, delayNs: number): readonly OwnRequest[] {
  const own = ncSiOf(state);
  const channel = own.channels[index];
  if (channel?.aenReceiver === undefined || (channel.aens & LINK_STATUS_AEN) === 0) return [];
  const { eid, address } = channel.aenReceiver;
  own.counts.aensSent += 1;
  const fields = { channel: index, aenType: 0, ...status };
  return [{ command: 'nc-si/asynchronousEvent', fields, destinationEid: eid, address, delayNs }];
}

/** The link goes down and comes back after Set Link. */
export function linkEvents({ command, header, state }: DeviceRequest): readonly OwnRequest[] {
  if (command.name !== 'nc-si/setLink') return [];
  const index = Number(header.channel);
  const up = state.card?.ports[index]?.linkUp === true;
  const down = linkEvent(state, index, linkStatusOf(false), LINK_DOWN);
  return up ? [...down, ...linkEvent(state, index, linkStatusOf(true), LINK_TRAINED)] : down;
}

/** A cable that was pulled or put back. */
export function cableEvents(name: HookName, state: DeviceState): readonly OwnRequest[] {
  if (name !== 'link-down' && name !== 'link-up') return [];
  return linkEvent(state, CABLE_PORT, linkStatusOf(name === 'link-up'), LINK_DOWN);
}
