import { mostRequests } from '../codec/firmware-package';
import { toHex } from '../codec/octets';
import { messageTypeName, messageTypes } from '../names';
import type { Template } from '../suite/template';
import { hbaCard } from './card-hba';
import { hbaInBand, nicInBand, ssdInBand } from './card-in-band';
import { nicCard } from './card-nic';
import { ssdUuid } from './card-ssd';
import { imageOf } from './firmware-image';
import { MAIN_COMPONENT } from './firmware-types';
import type { Vendor } from './vendor';
import { vendors } from './vendor';

/** Classes that have an emulated device. */
export const emulatedClasses = ['endpoint', 'bridge', 'nic', 'hba', 'ssd', 'complete'] as const;
export type EmulatedClass = (typeof emulatedClasses)[number];

/** The classes, and the two devices that no suite may be green against. */
export const deviceNames = [...emulatedClasses, 'silent', 'parrot'] as const;
export type DeviceName = (typeof deviceNames)[number];

/** What the device of a class is; its responders follow from its message types. */
export interface ClassDefinition {
  readonly messageTypes: readonly number[];
  readonly uuid: string;
  readonly vendors: readonly Vendor[];
  /** PLDM types, where it speaks PLDM. */
  readonly pldmTypes: readonly number[];
  /** Control commands that it has. */
  readonly commands: readonly string[];
  /** Of DSP0236; else 1.3.1. */
  readonly version?: '1.3.3';
  /** The EID that it has before anybody gives it one. */
  readonly staticEid?: number;
  /** It asks its bus owner for message types and UUID after it got an EID. */
  readonly originates?: boolean;
}

const commands = [
  'setEndpointId',
  'getEndpointId',
  'getEndpointUuid',
  'getMctpVersionSupport',
  'getMessageTypeSupport',
  'getVendorDefinedMessageSupport',
] as const;

/** On bindings with a Discovered flag; SMBus has none (DSP0236 12.14). */
export const discoveryCommands = ['prepareForEndpointDiscovery', 'endpointDiscovery'] as const;

const bridgeCommands = [
  'resolveEndpointId',
  'allocateEndpointIds',
  'routingInformationUpdate',
  'getRoutingTableEntries',
  'queryHop',
  'resolveUuid',
] as const;

const optionalCommands = [
  'getNetworkId',
  'queryRateLimit',
  'requestTxRateLimit',
  'updateRateLimit',
  'querySupportedInterfaces',
] as const;

export const classDefinitions: { readonly [C in EmulatedClass]: ClassDefinition } = {
  endpoint: {
    messageTypes: [messageTypes.control, messageTypes['vendor-pci'], messageTypes['vendor-iana']],
    uuid: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    vendors,
    pldmTypes: [],
    commands,
  },
  bridge: {
    messageTypes: [messageTypes.control, messageTypes['vendor-pci'], messageTypes['vendor-iana']],
    uuid: 'd24b8f60-5c1e-4a87-9f02-7c8e13b5a6d9',
    vendors,
    pldmTypes: [],
    commands: [...commands, ...bridgeCommands],
  },
  nic: {
    messageTypes: [
      messageTypes.control,
      messageTypes.pldm,
      messageTypes['nc-si'],
      messageTypes['vendor-pci'],
      messageTypes['vendor-iana'],
    ],
    uuid: nicCard.uuid,
    vendors,
    pldmTypes: [0, 2, 4, 5],
    commands,
  },
  hba: {
    messageTypes: [messageTypes.control, messageTypes.pldm, messageTypes['vendor-pci'], messageTypes['vendor-iana']],
    uuid: hbaCard.uuid,
    vendors,
    pldmTypes: [0, 2, 4, 5],
    commands,
  },
  ssd: {
    messageTypes: [
      messageTypes.control,
      messageTypes['nvme-mi'],
      messageTypes.spdm,
      messageTypes['vendor-pci'],
      messageTypes['vendor-iana'],
    ],
    uuid: ssdUuid,
    vendors,
    pldmTypes: [],
    commands,
  },
  complete: {
    messageTypes: [messageTypes.control, messageTypes['vendor-pci'], messageTypes['vendor-iana']],
    uuid: '4b0d6e1c-92a7-4f53-8d1e-c05b7a3f6e20',
    vendors,
    pldmTypes: [],
    commands: [...commands, ...discoveryCommands, ...optionalCommands],
    version: '1.3.3',
    staticEid: 0x40,
    originates: true,
  },
};

/** Claims by the names that profiles use. */
export interface ClassClaims {
  readonly mctp: {
    readonly version: string;
    readonly messageTypes: readonly string[];
    readonly commands: readonly string[];
    readonly staticEid: boolean;
    readonly uuid: string;
    readonly vendors: readonly Vendor[];
  };
  readonly pldm?: { readonly types: readonly number[] };
}

function claimsOf(definition: ClassDefinition): ClassClaims {
  return {
    mctp: {
      version: definition.version ?? '1.3.1',
      messageTypes: definition.messageTypes.map(messageTypeName),
      commands: definition.commands,
      staticEid: definition.staticEid !== undefined,
      uuid: definition.uuid,
      vendors: definition.vendors,
    },
    ...(definition.pldmTypes.length > 0 ? { pldm: { types: definition.pldmTypes } } : {}),
  };
}

/** As a vendor's package would bring it: new firmware of an emulated card. */
function packageOf(version: string): Template {
  const image = imageOf(Uint8Array.from({ length: 500 }, (_, index) => (index * 7) & 0xff));
  return {
    setVersion: version,
    packageData: '',
    packageDataLength: 0,
    classification: 10,
    identifier: MAIN_COMPONENT,
    comparisonStamp: 2,
    options: 0,
    version,
    size: image.length,
    lastOctet: image.length - 1,
    mostRequests: mostRequests(image.length),
    image: toHex(image),
  };
}

/** Of a soak in virtual time. */
const soakPolls = 20;

/** Parameters that only a device file could know of a real device. */
export const classParameters: { readonly [C in EmulatedClass]: { readonly [parameter: string]: Template } } = {
  endpoint: { soakPolls },
  bridge: { soakPolls, downstreamEid: 0x60, downstreamTerminusEid: 0x61 },
  nic: {
    soakPolls,
    ...nicInBand,
    firmwarePackage: packageOf('1.5.0'),
  },
  hba: { soakPolls, ...hbaInBand, firmwarePackage: packageOf('5.3.0') },
  ssd: { soakPolls, ...ssdInBand },
  complete: { soakPolls },
};

/** What a device of the class claims, truthfully. */
export const classClaims: { readonly [C in EmulatedClass]: ClassClaims } = {
  endpoint: claimsOf(classDefinitions.endpoint),
  bridge: claimsOf(classDefinitions.bridge),
  nic: claimsOf(classDefinitions.nic),
  hba: claimsOf(classDefinitions.hba),
  ssd: claimsOf(classDefinitions.ssd),
  complete: claimsOf(classDefinitions.complete),
};
