/**
 * A model of what a receiver must do with packets (DSP0236 8.6 to 8.9), written apart from the assembler in codec/ so that
 * neither hides the other's mistakes. It knows only what the text says without "may".
 */
export interface Arrival {
  readonly som: boolean;
  readonly eom: boolean;
  readonly sequence: number;
  /** Terminus beside the source EID, which is the same for all: tag, and TO. */
  readonly tag: number;
  readonly tagOwner: boolean;
  readonly version: number;
}

/** An answer: to the message that the packet at this place began, at the tag of its terminus; -1 where that cannot be told. */
export interface Answer {
  readonly start: number;
  readonly tag: number;
}

/** How a receiver reads the clauses. */
export interface Reading {
  /** The receiver in words, as a deviation from the standard's. */
  readonly name: string;
  /** The requirement that it does not follow. */
  readonly requirement?: string;
  /** Seen in products that are widely used: reported, not failed (stack traps 12). */
  readonly tolerated?: true;
  /** A packet out of sequence ends the assembly, is only dropped, or goes unnoticed. */
  readonly gap: 'ends' | 'drops-packet' | 'unnoticed';
  /** A second start replaces the first, both are dropped, or the second is. */
  readonly secondStart: 'replaces' | 'drops-both' | 'dropped';
  /** A single packet ends the assembly of its terminus, or leaves it open. */
  readonly single: 'ends' | 'leaves-open';
  /** Packets without a start are dropped, or taken for one. */
  readonly orphans: 'dropped' | 'taken-for-start';
  /** Assemblies at a time: one for each terminus, or one in all. */
  readonly assemblies: 'each' | 'one';
  /** Packets of another header version, and of tags that nobody was given (TO=0), are dropped, or taken like others. */
  readonly version: 'checked' | 'ignored';
  /** Out of key: they go into the assembly that has their tag under TO=1, and TO of the last one decides. */
  readonly tagOwner: 'checked' | 'ignored' | 'out-of-key';
}

export const standard: Reading = {
  name: 'the receive rules of DSP0236 8.6 to 8.9',
  gap: 'ends',
  secondStart: 'replaces',
  single: 'ends',
  orphans: 'dropped',
  assemblies: 'each',
  version: 'checked',
  tagOwner: 'checked',
};

function unlike(name: string, requirement: string, change: Partial<Reading>, tolerated?: true): Reading {
  return { ...standard, name, requirement, ...(tolerated === undefined ? {} : { tolerated }), ...change };
}

/** Receivers that differ from the standard's in one point, or as a known stack does: by them a difference finds its clause. */
export const readings: readonly Reading[] = [
  unlike('goes on with a message after a packet out of sequence', 'DSP0236-ASM-TERM-03', { gap: 'drops-packet' }, true),
  unlike('drops both messages at a second start', 'DSP0236-ASM-TERM-01', { secondStart: 'drops-both' }, true),
  unlike('does both, as Linux 6.12', 'DSP0236-ASM-TERM-01', { gap: 'drops-packet', secondStart: 'drops-both' }, true),
  unlike(
    'leaves a message in progress open at a single packet',
    'DSP0236-ASM-TERM-02',
    { single: 'leaves-open' },
    true,
  ),
  unlike('assembles one message at a time', 'DSP0236-ASM-KEY-01', { assemblies: 'one' }, true),
  unlike('does not notice a packet out of sequence', 'DSP0236-ASM-TERM-03', { gap: 'unnoticed' }),
  unlike('drops a second start', 'DSP0236-ASM-TERM-01', { secondStart: 'dropped' }),
  unlike('takes a packet without a start for one', 'DSP0236-ASM-DROP-01', { orphans: 'taken-for-start' }),
  unlike('does not look at the header version', 'DSP0236-PKT-VER-02', { version: 'ignored' }),
  unlike('takes packets of tags that it has not given out', 'DSP0236-PKT-TAG-03', { tagOwner: 'ignored' }),
  unlike('does not tell assemblies apart by TO', 'DSP0236-ASM-KEY-01', { tagOwner: 'out-of-key' }),
];

interface Open {
  readonly start: number;
  readonly next: number;
}

/** The answers that a sequence of packets must get, in order, and no others. */
export function answersTo(arrivals: readonly Arrival[], reading: Reading = standard): readonly Answer[] {
  const open = new Map<string, Open>();
  const due: Answer[] = [];
  for (const [place, packet] of arrivals.entries()) {
    if (packet.version !== 1 && reading.version === 'checked') continue;
    // TO=0 means a tag that the device gave out, and it gave out none (8.7).
    if (!packet.tagOwner && reading.tagOwner === 'checked') continue;
    const terminus = reading.tagOwner === 'out-of-key' ? `${packet.tag}` : `${packet.tag}/${packet.tagOwner}`;
    const orphan = !packet.som && !open.has(terminus);
    if (packet.som || (orphan && reading.orphans === 'taken-for-start'))
      begin(packet, place, terminus, open, due, reading);
    else if (!orphan) goOn(packet, terminus, open, due, reading);
  }
  return due;
}

function begin(
  packet: Arrival,
  place: number,
  terminus: string,
  open: Map<string, Open>,
  due: Answer[],
  reading: Reading,
): void {
  if (packet.eom) {
    if (reading.single === 'ends') open.delete(terminus);
    answer(packet, place, due, reading);
    return;
  }
  if (open.has(terminus) && reading.secondStart !== 'replaces') {
    if (reading.secondStart === 'drops-both') open.delete(terminus);
    return;
  }
  if (reading.assemblies === 'one') open.clear();
  open.set(terminus, { start: place, next: (packet.sequence + 1) % 4 });
}

function answer(last: Arrival, start: number, due: Answer[], reading: Reading): void {
  if (last.tagOwner || reading.tagOwner !== 'out-of-key') due.push({ start, tag: last.tag });
}

function goOn(packet: Arrival, terminus: string, open: Map<string, Open>, due: Answer[], reading: Reading): void {
  const current = open.get(terminus);
  if (current === undefined) return;
  if (packet.sequence !== current.next && reading.gap !== 'unnoticed') {
    if (reading.gap === 'ends') open.delete(terminus);
    return;
  }
  if (packet.eom) {
    open.delete(terminus);
    answer(packet, current.start, due, reading);
  } else open.set(terminus, { ...current, next: (packet.sequence + 1) % 4 });
}

/**
 * Whether what came is what was due: as many answers, and the same by what they answer or by their tags. A device that errs
 * in one of these in every answer is judged by the case that owns it.
 */
export function agrees(due: readonly Answer[], came: readonly Answer[]): boolean {
  const same = (of: (answer: Answer) => number): boolean => {
    const left = due.map(of).sort((one, other) => one - other);
    const right = came.map(of).sort((one, other) => one - other);
    return left.every((entry, index) => entry === right[index]);
  };
  return due.length === came.length && (same(({ start }) => start) || same(({ tag }) => tag));
}

/** `SOM seq 3 TO,x`: a packet of a sequence in words. */
export function describeArrival(arrival: Arrival): string {
  const flags =
    [arrival.som ? 'SOM' : '', arrival.eom ? 'EOM' : ''].filter((flag) => flag !== '').join(' ') || 'middle';
  const version = arrival.version === 1 ? '' : ` version ${arrival.version}`;
  const owner = arrival.tagOwner ? 'TO' : '!TO';
  return `${flags} seq ${arrival.sequence} ${owner},${'xy'[arrival.tag]}${version}`;
}
