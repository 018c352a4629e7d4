import { BASELINE_TRANSMISSION_UNIT } from '../names';
import type { Environment } from '../resolve';
import { combinations, resolve } from '../resolve';
import type { Claims, CompiledCase, MessageSpec, Parameters, Template, TemplateMap } from '../suite/compiled';

const HEADER = 4;

/**
 * Octets, header included, of the longest packet that the steps of a case lengthen to that size; 0 where none does. What only
 * an answer makes long is not foreseen.
 */
export function longestPacket(entry: CompiledCase, parameters: Parameters, claims: Claims): number {
  const env = { parameters, claims, saved: {} };
  const lengths = combinations(entry.loops, env).flatMap((loop) =>
    entry.steps.flatMap((step) => {
      if (step.kind === 'request' || step.kind === 'send') return [payloadOf(step, step.packet.unit, { ...env, loop })];
      if (step.kind !== 'packets') return [];
      const own = step.messages.map((message) => payloadOf(message, message.unit, { ...env, loop }));
      const parts = step.packets.map(({ packet }) => number(packet.payloadLength, { ...env, loop }) ?? 0);
      return [...own, ...parts];
    }),
  );
  const longest = Math.max(0, ...lengths);
  return longest === 0 ? 0 : longest + HEADER;
}

function payloadOf({ message, packet }: MessageSpec, unit: Template | undefined, env: Environment): number {
  const given = unit ?? env.parameters.transmissionUnit ?? BASELINE_TRANSMISSION_UNIT;
  const most = number(given, env) ?? BASELINE_TRANSMISSION_UNIT;
  return Math.max(number(packet.payloadLength, env) ?? 0, Math.min(most, lengthOf(message, env)));
}

function lengthOf({ body, padTo, truncateTo, append }: TemplateMap, env: Environment): number {
  const whole = typeof body === 'string' ? hexLength(body) : (number(padTo, env) ?? 0);
  const cut = Math.min(whole, number(truncateTo, env) ?? whole);
  return cut + (typeof append === 'string' ? hexLength(append) : 0);
}

function hexLength(text: string): number {
  return text.startsWith('$') ? 0 : text.replace(/[^0-9a-f]/gi, '').length / 2;
}

function number(value: Template | undefined, env: Environment): number | undefined {
  const found = value === undefined ? undefined : resolve(value, env);
  return typeof found === 'number' ? found : undefined;
}
