import { messageTypeName } from '../names';
import { claimValue } from '../profile/claims';
import type { ClaimRow } from '../record/lines';
import type { Claims, Template } from '../suite/compiled';
import type { Has, Survey } from './survey';

/** Claimed, advertised, behaves: one row for each thing that any of the three knows of. */

type Truth = boolean | undefined;

function row(what: string, name: string, claimed: Truth, advertised: Truth, behaves: Truth): ClaimRow {
  const said = [
    ...(claimed === undefined ? [] : [{ word: claimed ? 'claimed' : 'not claimed', value: claimed }]),
    ...(advertised === undefined ? [] : [{ word: advertised ? 'advertised' : 'not advertised', value: advertised }]),
    ...(behaves === undefined ? [] : [{ word: behaves ? 'answers' : 'does not answer', value: behaves }]),
  ];
  const agree = said.every(({ value }) => value === said[0]?.value);
  return {
    what,
    name,
    ...(claimed === undefined ? {} : { claimed }),
    ...(advertised === undefined ? {} : { advertised }),
    ...(behaves === undefined ? {} : { behaves }),
    ...(agree ? {} : { finding: `${what} ${name}: ${said.map(({ word }) => word).join(', ')}` }),
  };
}

const truth = (has: Has | undefined): Truth => (has === undefined ? undefined : has === 'yes');

/** A claimed list as texts; undefined where the claim is open. */
function listed(
  claims: Claims,
  name: string,
  text: (entry: Template) => string = String,
): readonly string[] | undefined {
  const value = claimValue(claims, name);
  return Array.isArray(value) ? value.map((entry: Template) => text(entry)) : undefined;
}

const all = (...lists: readonly (readonly string[] | undefined)[]): readonly string[] => [
  ...new Set(lists.flatMap((each) => each ?? [])),
];

/** Every row, those without a finding too. */
export function claimRows(claims: Claims, found: Survey): readonly ClaimRow[] {
  return [
    ...types(claims, found),
    ...versions(claims, found),
    ...controlCommands(claims, found),
    ...pldm(claims, found),
    ...other(claims, found),
    ...vendors(claims, found),
  ];
}

function types(claims: Claims, found: Survey): readonly ClaimRow[] {
  const claimed = listed(claims, 'mctp.messageTypes', (entry) => messageTypeName(Number(entry)))?.filter(
    (name) => name !== 'control',
  );
  const advertised = found.types.map(messageTypeName).filter((name) => name !== 'control');
  const answers: { readonly [type: string]: Truth } = {
    pldm: truth(found.commands['pldm/getPldmTypes']),
    'nc-si': truth(found.commands['nc-si/getVersionId']),
    spdm: truth(found.commands['spdm/getVersion']),
    'nvme-mi': truth(found.commands['nvme-mi/readNvmSubsystem'] ?? hasOf(found, 'nvme-mi/')),
  };
  return all(claimed, advertised).map((name) =>
    row('message type', name, claimed?.includes(name), advertised.includes(name), answers[name]),
  );
}

function hasOf(found: Survey, prefix: string): Has | undefined {
  const asked = Object.entries(found.commands).filter(([name]) => name.startsWith(prefix));
  if (asked.length === 0) return undefined;
  return asked.some(([, has]) => has === 'yes') ? 'yes' : 'no';
}

function versions(claims: Claims, found: Survey): readonly ClaimRow[] {
  const claimed = claimValue(claims, 'mctp.version');
  const told = found.versions.base ?? [];
  const base =
    typeof claimed === 'string'
      ? [
          row(
            'MCTP version',
            claimed,
            true,
            told.some((each) => sameVersion(each, claimed)),
            undefined,
          ),
        ]
      : [];
  const missing = found.types
    .map(messageTypeName)
    .filter((name) => !name.startsWith('vendor') && found.versions[name] === undefined);
  return [...base, ...missing.map((name) => row('version of message type', name, undefined, true, false))];
}

/** `1.3` stands for every update of it. */
function sameVersion(left: string, right: string): boolean {
  return left === right || left.startsWith(`${right}.`) || right.startsWith(`${left}.`);
}

function controlCommands(claims: Claims, found: Survey): readonly ClaimRow[] {
  const claimed = listed(claims, 'mctp.commands');
  const asked = Object.keys(found.commands).filter((name) => !name.includes('/'));
  return asked.map((name) =>
    row('control command', name, claimed?.includes(name), undefined, truth(found.commands[name])),
  );
}

function pldm(claims: Claims, found: Survey): readonly ClaimRow[] {
  const claimedTypes = listed(claims, 'pldm.types');
  const toldTypes = found.pldmTypes.map(String);
  if (found.commands['pldm/getPldmTypes'] === undefined) return [];
  const ofTypes = all(claimedTypes, toldTypes).map((name) =>
    row('PLDM type', name, claimedTypes?.includes(name), toldTypes.includes(name), undefined),
  );
  const claimed = listed(claims, 'pldm.commands') ?? [];
  const asked = Object.keys(found.commands).filter((name) => name.startsWith('pldm/'));
  const names = all(
    claimed,
    asked.map((name) => name.slice('pldm/'.length)),
  );
  const ofCommands = names.map((name) =>
    row(
      'PLDM command',
      name,
      claimed.includes(name) ? true : undefined,
      found.pldmCommands.length === 0 ? undefined : found.pldmCommands.includes(name),
      truth(found.commands[`pldm/${name}`]),
    ),
  );
  return [...ofTypes, ...ofCommands];
}

function other(claims: Claims, found: Survey): readonly ClaimRow[] {
  const rows: ClaimRow[] = [];
  const version = claimValue(claims, 'nc-si.version');
  if (typeof version === 'string' && found.ncsiVersion !== undefined)
    rows.push(row('NC-SI version', version, true, sameVersion(found.ncsiVersion, version), undefined));
  const channels = listed(claims, 'nc-si.channels');
  if (found.commands['nc-si/getVersionId'] !== undefined) {
    for (const name of all(channels, found.channels.map(String)))
      rows.push(
        row('NC-SI channel', name, channels?.includes(name), undefined, found.channels.map(String).includes(name)),
      );
  }
  const spdm = found.commands['spdm/getVersion'] === undefined ? [] : listed(claims, 'spdm.versions');
  for (const name of all(spdm, found.spdmVersions))
    rows.push(row('SPDM version', name, spdm?.includes(name), found.spdmVersions.includes(name), undefined));
  for (const set of ['nc-si', 'nvme-mi']) {
    const claimed = listed(claims, `${set}.commands`) ?? [];
    for (const name of claimed) {
      const has = found.commands[`${set}/${name}`];
      if (has !== undefined) rows.push(row(`${set} command`, name, true, undefined, truth(has)));
    }
  }
  return rows;
}

/** A vendor-defined type without a vendor, and a vendor without the type. */
function vendors(_claims: Claims, found: Survey): readonly ClaimRow[] {
  const walked = truth(found.commands.getVendorDefinedMessageSupport) === true;
  const kinds = [
    { name: 'vendor-pci', format: 0, type: 0x7e },
    { name: 'vendor-iana', format: 1, type: 0x7f },
  ];
  return kinds.flatMap(({ name, format, type }) => {
    const own = found.vendors.filter((each) => each.format === format);
    const listedType = found.types.includes(type);
    if (!listedType && own.length === 0) return [];
    if (own.length === 0) return walked ? [row('vendor ids of', name, undefined, true, false)] : [];
    return own.map((each) => row(`vendor id of ${name}`, each.id, undefined, true, listedType));
  });
}
