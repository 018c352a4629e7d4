import { BROADCAST_EID, messageTypes } from '../names';
import { ERROR_INVALID_DATA, failure, success } from './answers';
import { poolStatus } from './bridge-control';
import { classDefinitions } from './classes';
import type { Responder, Responders } from './endpoint-types';
import { hasDiscovery } from './optional';

/** MCTP control responders of a simple endpoint (DSP0236 12.4 to 12.9). */

const BASE_SPECIFICATION = 0xff;
const MESSAGE_TYPE_NOT_SUPPORTED = 0x80;
/** Highest EID that is kept for future definition (DSP0236 8.3, Table 2). */
const LAST_RESERVED_EID = 0x07;
const LAST_SELECTOR = 0xff;

interface Version {
  readonly [part: string]: number;
  readonly major: number;
  readonly minor: number;
  readonly update: number;
  readonly alpha: number;
}

const version = (major: number, minor: number, update = 0xff): Version => ({ major, minor, update, alpha: 0 });

/** Base and control of a 1.3.1 device (DSP0236 12.7.2). */
export const baseVersions: readonly Version[] = [
  version(0xf1, 0xf0),
  version(0xf1, 0xf1),
  version(0xf1, 0xf2),
  version(0xf1, 0xf3, 0xf1),
];

/** Of the specification that binds an upper layer to MCTP: 1.0. */
const upperLayerVersions: readonly Version[] = [version(0xf1, 0xf0)];

const SET = 0;
const FORCE = 1;
const RESET = 2;
const SET_DISCOVERED_FLAG = 3;

/** Adopts what it accepts at once; a static EID and a Discovered flag where it has them (DSP0236 12.4). */
const setEndpointId: Responder = ({ fields, packet, sourceAddress, state }) => {
  const { staticEid } = classDefinitions[state.class];
  const { operation } = fields;
  const eid = operation === RESET ? (staticEid ?? 0) : Number(fields.eid);
  if (operation === SET_DISCOVERED_FLAG && hasDiscovery(state)) {
    state.discovered = true;
    return success({ assignmentStatus: 0, allocationStatus: 0, eid: state.eid, poolSize: 0 });
  }
  const assigns = operation === SET || operation === FORCE || (operation === RESET && staticEid !== undefined);
  if (!assigns || eid <= LAST_RESERVED_EID || eid === BROADCAST_EID) return failure(ERROR_INVALID_DATA);
  state.eid = eid;
  state.discovered = true;
  state.busOwner = { address: sourceAddress, eid: packet.sourceEid };
  return success({ assignmentStatus: 0, eid, ...poolStatus(state) });
};

const STATIC_IN_FORCE = 2;
const STATIC_OVERRIDDEN = 3;

const getEndpointId: Responder = ({ state }) => {
  const { staticEid } = classDefinitions[state.class];
  const eidType = staticEid === undefined ? 0 : state.eid === staticEid ? STATIC_IN_FORCE : STATIC_OVERRIDDEN;
  return success({ eid: state.eid, endpointType: state.bridge === undefined ? 0 : 1, eidType, mediumSpecific: 0 });
};

const getEndpointUuid: Responder = ({ state }) => success({ uuid: classDefinitions[state.class].uuid });

const getMctpVersionSupport: Responder = ({ fields, state }) => {
  const type = Number(fields.messageType);
  if (type === BASE_SPECIFICATION || type === messageTypes.control) {
    const newest = classDefinitions[state.class].version === '1.3.3' ? [version(0xf1, 0xf3, 0xf3)] : [];
    return success({ versions: newest.length === 0 ? baseVersions : [...baseVersions.slice(0, -1), ...newest] });
  }
  const supported = classDefinitions[state.class].messageTypes.includes(type);
  return supported ? success({ versions: upperLayerVersions }) : failure(MESSAGE_TYPE_NOT_SUPPORTED);
};

/** Types besides control, which every endpoint has (DSP0236 12.8). */
const getMessageTypeSupport: Responder = ({ state }) =>
  success({ types: classDefinitions[state.class].messageTypes.filter((type) => type !== messageTypes.control) });

const getVendorDefinedMessageSupport: Responder = ({ fields, state }) => {
  const { vendors } = classDefinitions[state.class];
  const selector = Number(fields.selector);
  const vendor = vendors[selector];
  if (vendor === undefined) return failure(ERROR_INVALID_DATA);
  const nextSelector = selector + 1 < vendors.length ? selector + 1 : LAST_SELECTOR;
  return success({ nextSelector, format: vendor.format, vendorId: vendor.id, vendorData: vendor.data });
};

export const controlResponders: Responders = {
  setEndpointId,
  getEndpointId,
  getEndpointUuid,
  getMctpVersionSupport,
  getMessageTypeSupport,
  getVendorDefinedMessageSupport,
};
