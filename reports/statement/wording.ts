import type { Result } from '../../harness/record/result-schema';
import type { Given } from './given';

const kinds = {
  'first-party': 'the supplier of the device (first party)',
  'second-party': 'a buyer or user of the device (second party)',
  independent: 'a body that is neither supplier nor user (independent)',
} as const;

/** What a statement says in words, and what it must not be taken for. */
export function wordingOf(
  result: Result,
  facts: Partial<Result['device']>,
  given: Pick<Given, 'assessor' | 'powerState' | 'expires' | 'nonce'>,
): readonly string[] {
  const { device, profile, tool, scope } = result;
  const { manufacturer, model, partNumber, serialNumber, uuid } = facts;
  const told = [
    manufacturer,
    model,
    partNumber,
    serialNumber && `serial number ${serialNumber}`,
    uuid && `UUID ${uuid}`,
  ].filter((part) => part !== undefined && part !== '');
  const unit = told.length === 0 ? device.uri : told.join(', ');
  const firmware = device.firmware === undefined ? 'firmware not told' : `firmware ${device.firmware}`;
  const level = result.level === null ? '' : `, level ${result.level}`;
  const planes = scope.planes.join(' + ');
  return [
    `One unit (${unit}, ${firmware}) was tested against the profile "${profile.title}" (${profile.id})${level} of ${tool.name} ${tool.version}: ${result.verdict}.`,
    `It was reached by ${device.binding} through ${schemeOf(device.uri)}; planes: ${planes}; power state: ${given.powerState ?? 'not stated'}.`,
    ...pathOf(device.uri),
    assessorText(given),
    'The statement applies to this unit with this firmware, as it was on the day of the test, and to nothing that is listed as not tested, unconfirmed or waived.',
    ...limitTexts(given),
  ];
}

export function assessorText({ assessor }: Pick<Given, 'assessor'>): string {
  return `It was assessed by ${assessor.name}, ${kinds[assessor.kind]}.`;
}

/** What no statement of ours claims, and how long it holds. */
export function limitTexts({ nonce, expires }: Pick<Given, 'nonce' | 'expires'>): readonly string[] {
  return [
    'It claims no electrical conformance and is no certification by DMTF, OCP, NVM Express or Arm.',
    'The signature proves who signed, not that a device was there.',
    ...(nonce === undefined ? [] : ['The nonce was given by whoever asked for the test.']),
    ...(expires === undefined ? [] : [`It holds until ${expires}.`]),
  ];
}

function schemeOf(uri: string): string {
  return `${uri.split(':')[0] ?? ''}:`;
}

/** Programs between us and the device could be anything. */
function pathOf(uri: string): readonly string[] {
  const scheme = schemeOf(uri);
  return scheme === 'bridge:' || scheme === 'relay:'
    ? [`The path to the device (${scheme}) is a program outside this tool: it is not attested.`]
    : [];
}
