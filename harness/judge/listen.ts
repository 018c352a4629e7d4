import { decodeSmbus } from '../binding/smbus';
import type { CommandSets } from '../codec/command';
import { decodeBody, findCommand, headerLayout, setOf } from '../codec/command';
import { decode } from '../codec/layout';
import { fromHex, toHex } from '../codec/octets';
import { decodePacket } from '../codec/packet';
import type { Binding } from '../names';
import { messageTypes } from '../names';
import type { ReceivedMessage } from '../record/observation';
import type { ViewMap } from './view';

/** A request that the device sent of its own. */
interface OwnRequest {
  readonly at: number;
  readonly view: ViewMap;
  /** What is asked, instance id left out: two tries of a request are alike in it. */
  readonly question: string;
  readonly instanceId: number;
  readonly commandCode: number;
}

/** What a `listen` step can name (docs/language.md): control requests, the tries of each, and answers that nobody awaits. */
export function listenView(messages: readonly ReceivedMessage[], sets: CommandSets, binding: Binding): ViewMap {
  const requests = messages.flatMap((message) => requestOf(message, sets, binding) ?? []);
  return {
    strayAnswers: messages.filter((message) => isResponse(message)).length,
    requests: requests.map(({ view }) => view),
    series: seriesOf(requests),
    reusedInstanceIds: reused(requests),
  };
}

/** Those that the device sent of its own as one command, decoded: `count`, `messages`. */
export function ownMessages(
  all: readonly ReceivedMessage[],
  name: string,
  sets: CommandSets,
): { readonly messages: readonly ReceivedMessage[]; readonly values: ViewMap } {
  const command = findCommand(sets, name);
  const set = command && sets[command.set];
  const found = all.flatMap((message) => {
    const body = fromHex(message.body);
    const [first] = message.packets;
    if (set === undefined || isResponse(message) || setOf(sets, (body[0] ?? 0xff) & 0x7f, body) !== set) return [];
    const decoded = decodeBody(set, body, 'request');
    if (decoded.command !== command) return [];
    const { header, statuses, fields, trailing, problem } = decoded;
    const { payload, ...packet } = decodePacket(fromHex(first ?? '')) ?? { payload: body };
    const whole = problem === undefined ? 1 : 0;
    const about = { ...header, ...statuses, length: body.length, trailing, whole, body: message.body };
    return [{ message, view: { ...fields, message: about, packet: { ...packet, payloadLength: payload.length } } }];
  });
  const messages = found.map(({ message }) => message);
  return { messages, values: { count: found.length, messages: found.map(({ view }) => view) } };
}

function isResponse({ packets }: ReceivedMessage): boolean {
  return decodePacket(fromHex(packets[0] ?? ''))?.tagOwner === 0;
}

/** TO and Rq tell a request of the device's own from anything else. */
function requestOf(message: ReceivedMessage, sets: CommandSets, binding: Binding): OwnRequest | undefined {
  const packet = decodePacket(fromHex(message.packets[0] ?? ''));
  const body = fromHex(message.body);
  const set = (body[0] ?? 0xff) === messageTypes.control ? setOf(sets, messageTypes.control) : undefined;
  if (packet === undefined || set === undefined || packet.tagOwner !== 1) return undefined;
  const header = decode(headerLayout(set), body);
  if (!header.ok || header.value.request !== 1) return undefined;
  const number = (name: string): number => Number(header.value[name] ?? 0);
  const frame = binding === 'smbus' ? decodeSmbus(fromHex(message.frames[0] ?? '')) : undefined;
  const [instanceId, commandCode] = [number('instanceId'), number('commandCode')];
  const { messageTag, sourceEid, destinationEid } = packet;
  return {
    at: message.at,
    instanceId,
    commandCode,
    question: toHex(body.map((octet, index) => (index === 1 ? octet & 0xe0 : octet))),
    view: {
      commandCode,
      instanceId,
      datagram: number('datagram'),
      messageTag,
      sourceEid,
      destinationEid,
      destinationAddress: frame?.destinationAddress,
    },
  };
}

/**
 * The tries of each request. `tries`, `shortestGap` and `span` are of one instance id, the one tried most; `interleaved`
 * counts other requests between its first and its last try.
 */
function seriesOf(requests: readonly OwnRequest[]): readonly ViewMap[] {
  return [...new Set(requests.map(({ question }) => question))].map((question) => {
    const alike = requests.filter((request) => request.question === question);
    const ids = [...new Set(alike.map(({ instanceId }) => instanceId))];
    const runs = ids.map((id) => alike.filter(({ instanceId }) => instanceId === id));
    const run = runs.reduce((longest, other) => (other.length > longest.length ? other : longest), []);
    const times = run.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
    const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
    const between = requests.filter((other) => other.question !== question && other.at > from && other.at < to);
    return {
      commandCode: run[0]?.commandCode,
      tries: run.length,
      instanceIds: ids.length,
      shortestGap: gaps.length === 0 ? undefined : Math.min(...gaps),
      span: to - from,
      interleaved: between.length,
    };
  });
}

/** New requests that carry the instance id of the request before them. */
function reused(requests: readonly OwnRequest[]): number {
  return requests.filter((request, index) => {
    const before = requests[index - 1];
    return before !== undefined && before.question !== request.question && before.instanceId === request.instanceId;
  }).length;
}
