import { rememberWalk, Walk } from '../judge/walk';
import type { Binding } from '../names';
import type { Exchange, Observation } from '../record/observation';
import type { Environment } from '../resolve';
import type { CompiledCase, WalkStep } from '../suite/compiled';
import type { Device } from './device';
import type { Place } from './place';
import type { WalkMemory } from './walk-memory';

interface Walking {
  readonly device: Device;
  readonly binding: Binding;
  readonly walks: WalkMemory;
}

/** Asks on as long as the device continues, unless an earlier case has done so. */
export async function walkStep(
  kase: CompiledCase,
  step: WalkStep,
  place: Place,
  env: Environment,
  { device, binding, walks }: Walking,
): Promise<Pick<Observation, 'exchanges' | 'taken'>> {
  const { requester } = device;
  const walk = new Walk(step, env, requester.sets, binding);
  const known = requester.settings.thorough ? undefined : walks.take(kase, step, place, walk);
  if (known !== undefined) return { exchanges: known.exchanges, taken: known.from };
  const first = walk.request;
  const exchanges: Exchange[] = [];
  while (walk.request !== undefined && step.command !== undefined && !requester.link.ended) {
    const spec = { command: step.command, fields: walk.request, message: {}, packet: {}, frame: {} };
    const exchange = await requester.request(requester.build(spec, env), 'stimulus');
    exchanges.push(exchange);
    walk.take(exchange);
  }
  rememberWalk(walk, step, exchanges, env);
  walks.keep(kase, step, place, first, walk, exchanges);
  return { exchanges };
}
