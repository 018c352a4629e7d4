import type { CommandSets } from '../harness/codec/command';
import type { Transfer } from './traffic';
import { describeOctets, spaced } from './traffic';
import { clip } from './visible';

/** Octets shown of a frame, in characters; the whole of it stands in the record. */
export const MAX_FRAME = 600;

const milliseconds = (ns: number): string => (ns / 1e6).toFixed(3);

/** A row of a packet list. */
export function packetView(transfer: Transfer, commands: CommandSets) {
  const { frame } = transfer;
  const delivery =
    frame.delivery === undefined || frame.delivery === 'sent' ? undefined : `not sent: ${frame.delivery}`;
  return {
    time: milliseconds(transfer.since),
    direction: frame.direction,
    arrow: frame.direction === 'tx' ? '→ device' : '← device',
    purpose: frame.direction === 'rx' && frame.purpose === 'received' ? '' : frame.purpose,
    packets: frame.packets.map((hex) => describeOctets(hex, commands)),
    note: [delivery, frame.note].filter((part) => part !== undefined).join('; '),
    octets: clip(spaced(frame.octets), MAX_FRAME),
  };
}
