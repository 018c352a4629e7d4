import type { Effect } from '../names';
import type { Requester } from '../requester/requester';
import { NOWHERE } from '../resolve';
import type { Claims, CompiledCase } from '../suite/compiled';

/**
 * Whether the channels of an NC-SI package take commands: from reset to Clear Initial State they refuse every other one
 * (DSP0222, initial state). No case depends on another that has sent it.
 */

const speakers = new WeakMap<CompiledCase, boolean>();

/** Whether a case has NC-SI commands among its steps. */
function speaksNcSi(kase: CompiledCase): boolean {
  const known = speakers.get(kase);
  if (known !== undefined) return known;
  const speaks = JSON.stringify(kase.steps).includes('"nc-si/');
  speakers.set(kase, speaks);
  return speaks;
}

/** After these a channel may be in its initial state again. */
const unsettling: readonly Effect[] = ['nc-si-initial-state', 'reset', 'firmware'];

/** What was found out of a device; forgotten after a case that may have moved it. */
const found = new WeakMap<Requester, { readonly problem: string | undefined }>();

/** Response code 1, reason 1, where the payload of a response begins. */
const INITIALIZATION_REQUIRED = '00010001';
const PAYLOAD_AT = 2 * 17;

/**
 * Before a case: sends Clear Initial State where that is allowed, or asks whether it is needed. Returns why the case cannot
 * be run. Devices that answer neither are the case's own to judge.
 */
export async function prepareNcSi(
  kase: CompiledCase,
  requester: Requester,
  mayInitialise: boolean,
  claims: Claims,
): Promise<string | undefined> {
  const unsettles = kase.hazard !== undefined || kase.effects.some((effect) => unsettling.includes(effect));
  if (!speaksNcSi(kase)) {
    if (unsettles) found.delete(requester);
    return undefined;
  }
  const known = found.get(requester) ?? {
    problem: mayInitialise ? await initialise(requester, claims) : await ask(requester),
  };
  if (unsettles) found.delete(requester);
  else found.set(requester, known);
  return known.problem;
}

async function initialise(requester: Requester, claims: Claims): Promise<undefined> {
  for (const channel of channelsOf(claims)) await request(requester, 'nc-si/clearInitialState', channel);
}

async function ask(requester: Requester): Promise<string | undefined> {
  const answer = await request(requester, 'nc-si/getVersionId', 0);
  if (answer?.slice(PAYLOAD_AT, PAYLOAD_AT + INITIALIZATION_REQUIRED.length) !== INITIALIZATION_REQUIRED)
    return undefined;
  return 'the NC-SI channel is in its initial state: its owner has not initialised it, and Clear Initial State needs --exclusive';
}

function channelsOf(claims: Claims): readonly number[] {
  const own = claims['nc-si'];
  const channels = own === null || typeof own !== 'object' || !('channels' in own) ? undefined : own.channels;
  const numbers = Array.isArray(channels) ? channels.filter((each) => typeof each === 'number') : [];
  return numbers.length > 0 ? numbers : [0];
}

/** Body of the answer in hex; undefined where there is none. */
async function request(requester: Requester, command: string, channel: number): Promise<string | undefined> {
  const spec = { command, fields: { channel }, message: {}, packet: {}, frame: {} };
  const { response } = await requester.request(requester.build(spec, NOWHERE), 'discovery');
  return response?.body;
}
