import * as fc from 'fast-check';
import { findCommand } from '../codec/command';
import { concat, toHex } from '../codec/octets';
import { encodePacket } from '../codec/packet';
import { CertifyError } from '../errors';
import type { Answer, Arrival } from '../explore/receive-model';
import { agrees, answersTo } from '../explore/receive-model';
import { sequences } from '../explore/sequences';
import type { SentMessage, Trial } from '../record/observation';
import type { OutgoingPacket } from '../requester/link';
import type { Requester } from '../requester/requester';
import type { Stimulus } from '../requester/stimulus';
import type { Environment } from '../resolve';

/** Packets of the longest sequence. */
const LONGEST = 8;

/** Octets of a packet that ends a message; others are full. */
const LAST = 40;

/** Where a sequence is shorter than its stimuli, which it is not. */
const WHOLE: Arrival = { som: true, eom: true, sequence: 0, tag: 0, tagOwner: true, version: 1 };

const SPEC = { fields: {}, message: {}, packet: {}, frame: {} };

/**
 * Tries generated packet sequences on the device and shrinks what differs from the standard's receiver. Every packet
 * begins with a whole request header, so that whichever begins an assembly, its answer tells which it was.
 */
export async function explore(
  requester: Requester,
  command: string,
  budget: number,
  seed: number,
  env: Environment,
): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  const differs = async (arrivals: readonly Arrival[]): Promise<boolean> => {
    // Shrinking tries again and again: it gets three times what the search gets.
    if (trials.length >= 4 * budget || requester.link.ended || trials.at(-1)?.alive === false) return false;
    const trial = await attempt(requester, command, arrivals, env);
    trials.push(trial);
    return !trial.alive || !agrees(answersTo(arrivals), trial.came);
  };
  await fc.check(
    fc.asyncProperty(sequences(LONGEST), async (arrivals) => !(await differs(arrivals))),
    { seed, numRuns: budget },
  );
  return trials;
}

async function attempt(
  requester: Requester,
  command: string,
  arrivals: readonly Arrival[],
  env: Environment,
): Promise<Trial> {
  const known = findCommand(requester.sets, command);
  if (known === undefined) throw new CertifyError('INTERNAL', `unknown command ${command}`);
  const own = arrivals.map(() => requester.build({ ...SPEC, command }, env));
  const firstTag = own[0]?.packets[0]?.messageTag ?? 0;
  const tags = [firstTag, (firstTag + 1) % 8];
  const packetOf = (stimulus: Stimulus, arrival: Arrival): OutgoingPacket[] => {
    const [base] = stimulus.packets;
    if (base === undefined) return [];
    const size = arrival.eom ? LAST : requester.settings.unit;
    const payload = concat(stimulus.body, new Uint8Array(Math.max(0, size - stimulus.body.length)));
    const packet = {
      ...base,
      headerVersion: arrival.version,
      som: Number(arrival.som),
      eom: Number(arrival.eom),
      packetSequence: arrival.sequence,
      tagOwner: Number(arrival.tagOwner),
      messageTag: tags[arrival.tag] ?? 0,
      payload,
    };
    return [{ packet, frame: {} }];
  };
  const packets = own.flatMap((stimulus, place) => packetOf(stimulus, arrivals[place] ?? WHOLE));
  const collected = requester.collect();
  await requester.link.send(packets, 'stimulus');
  const fenceSpec = { ...SPEC, command, packet: { messageTag: (firstTag + 4) % 8 } };
  const fence = await requester.request(requester.build(fenceSpec, env), 'probe');
  const came = without(collected(), fence.sent).map(({ instanceId, messageTag }): Answer => {
    const start = own.findIndex((stimulus) => stimulus.instanceId === instanceId);
    return { start, tag: tags.indexOf(messageTag) };
  });
  await tidy(requester, command, env, tags);
  // A device that errs in its instance ids may seem silent once; a dead one stays so.
  const alive = fence.response !== undefined || (await requester.probe(env)).response !== undefined;
  const octets = packets.map(({ packet }) => toHex(encodePacket(packet)));
  return { arrivals, came, packets: octets, alive };
}

/**
 * Ends what the sequence may have left in progress under its tags: a whole message of two packets, which every known receiver
 * takes for the end of whatever was there.
 */
async function tidy(requester: Requester, command: string, env: Environment, tags: readonly number[]): Promise<void> {
  for (const messageTag of tags) {
    const spec = {
      ...SPEC,
      command,
      message: { padTo: requester.settings.unit + LAST },
      packet: { messageTag },
    };
    await requester.request(requester.build(spec, env), 'probe');
  }
}

type Collected = { readonly instanceId: number; readonly messageTag: number };

/** The answers but the last one that can be the fence's: by tag and instance id, or by what the device gets right of these. */
function without(all: readonly Collected[], fence: SentMessage): readonly Collected[] {
  const byTag = ({ messageTag }: Collected): boolean => messageTag === fence.messageTag;
  const byId = ({ instanceId }: Collected): boolean => instanceId === fence.instanceId;
  const found = [
    all.findLastIndex((one) => byTag(one) && byId(one)),
    all.findLastIndex(byTag),
    all.findLastIndex(byId),
  ];
  const place = found.find((index) => index >= 0);
  return all.filter((_, index) => index !== place);
}
