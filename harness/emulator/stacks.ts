/**
 * Stacks that exist, as far as they have been measured or read (reference: stack-traps.md, layouts.md section 6): what each
 * does otherwise than the plain device, in the names of deviations and personalities. What the tool says about each is
 * checked in beside this file; no FAIL may stand there without a clause that its authors would accept.
 */
export interface Stack {
  readonly name: string;
  readonly differs: readonly string[];
  /** Of these, those that exist on one binding only. */
  readonly smbus?: readonly string[];
  readonly serial?: readonly string[];
}

export const stacks: readonly Stack[] = [
  {
    name: 'Linux 6.12 with mctpd',
    differs: [
      'chatty',
      'answers-from-new-eid',
      'drops-header-reserved-bits',
      'keeps-message-out-of-sequence',
      'second-start-drops-both',
      'drops-null-source',
      'lists-control',
      'lacks-upper-layer-versions',
      'ignores-short-requests',
      'accepts-long-requests',
      'answers-datagrams',
      'answers-responses',
      'refusals-with-full-body',
      'rejects-discovered-flag',
    ],
    smbus: ['smbus-takes-ipmi-for-mctp', 'endpoint-discovery-is-invalid-data', 'smbus-sends-once'],
    serial: ['serial-undoes-any-escape'],
  },
  {
    name: 'libmctp',
    differs: [
      'running-sequence',
      'answers-from-new-eid',
      'accepts-any-header-version',
      'single-packet-leaves-message-open',
      'lists-control',
      'lacks-upper-layer-versions',
    ],
    smbus: ['smbus-pec-not-checked'],
    serial: ['serial-flag-is-data', 'serial-undoes-any-escape'],
  },
  {
    name: 'libpldm',
    differs: ['firmware-not-ready-for-strangers', 'pldm-commands-of-any-version'],
  },
  {
    name: 'mctp-estack',
    differs: ['answers-from-new-eid', 'lists-control'],
    serial: ['serial-stalls-after-impossible-count'],
  },
  {
    name: 'PICMG endpoint',
    differs: [
      'set-eid-answers-old-eid',
      'answers-from-eid-addressed',
      'refusals-with-full-body',
      'get-eid-without-medium-octet',
      'versions-binary',
      'version-error-with-extra-octet',
      'lists-command-codes',
      'masks-message-type',
    ],
    serial: ['serial-any-revision', 'serial-takes-second-flag-for-revision', 'serial-escapes-fcs'],
  },
  {
    name: 'Fungible mctp_daemon',
    differs: ['notes-owner-first', 'lists-control'],
  },
];
