import { compileClaims } from '../profile/claims';
import { claimRows } from './claim-rows';
import type { Survey } from './survey';

const found: Survey = {
  eid: 9,
  role: 'endpoint',
  staticEid: false,
  types: [1, 0x7e],
  versions: { base: ['1.0', '1.3.1'], control: ['1.3.1'], pldm: ['1.0'] },
  vendors: [{ format: 0, id: '1ab4' }],
  commands: {
    getEndpointUuid: 'yes',
    getNetworkId: 'no',
    getVendorDefinedMessageSupport: 'yes',
    'pldm/getPldmTypes': 'yes',
    'pldm/getPdr': 'no',
  },
  pldmTypes: [0, 2],
  pldmCommands: ['getPldmTypes', 'getPdr'],
  channels: [],
  spdmVersions: [],
  wrong: [],
};

const claims = compileClaims({
  mctp: {
    version: '1.3.1',
    messageTypes: ['control', 'pldm', 'vendor-pci'],
    commands: ['getEndpointUuid', 'getVendorDefinedMessageSupport'],
  },
  pldm: { types: [0, 2] },
});

const findings = (source: object, survey: Partial<Survey> = {}): readonly string[] =>
  claimRows(compileClaims(source), { ...found, ...survey }).flatMap(({ finding }) => finding ?? []);

describe('claimed, advertised, behaves', () => {
  test('agree, or are a finding of their own', () => {
    const rows = claimRows(claims, found);
    expect(rows.flatMap(({ finding }) => finding ?? [])).toEqual(['PLDM command getPdr: advertised, does not answer']);
    expect(rows).toContainEqual({
      what: 'message type',
      name: 'pldm',
      claimed: true,
      advertised: true,
      behaves: true,
    });
  });

  test.each([
    [
      { mctp: { messageTypes: ['control', 'pldm', 'nc-si', 'vendor-pci'] } },
      'message type nc-si: claimed, not advertised',
    ],
    [{ mctp: { messageTypes: ['control', 'pldm'] } }, 'message type vendor-pci: not claimed, advertised'],
    [{ mctp: { version: '1.3.3' } }, 'MCTP version 1.3.3: claimed, not advertised'],
    [{ mctp: { commands: ['getNetworkId'] } }, 'control command getNetworkId: claimed, does not answer'],
    [{ mctp: { commands: [] } }, 'control command getEndpointUuid: not claimed, answers'],
    [{ pldm: { types: [0] } }, 'PLDM type 2: not claimed, advertised'],
    [{ pldm: { commands: ['getTid'] } }, 'PLDM command getTid: claimed, not advertised'],
  ])('%j', (source, finding) => {
    expect(findings(source)).toContain(finding);
  });

  test('find a listed type without a version, and vendors without their type', () => {
    expect(findings({}, { versions: { base: ['1.3.1'] } })).toContain(
      'version of message type pldm: advertised, does not answer',
    );
    expect(findings({}, { types: [1] })).toContain('vendor id of vendor-pci 1ab4: advertised, does not answer');
    expect(findings({}, { vendors: [] })).toContain('vendor ids of vendor-pci: advertised, does not answer');
  });

  test('take for no disagreement what nobody said', () => {
    expect(findings({}, { pldmCommands: [], commands: { 'pldm/getPldmTypes': 'yes' } })).toEqual([]);
  });
});
