import { CertifyError } from './errors';
import type { Claims, Parameters, Template } from './suite/compiled';

/** What `$…` in a case stands for while it runs, and again when its record is judged. */
export interface Environment {
  readonly parameters: Parameters;
  readonly claims: Claims;
  readonly saved: { readonly [name: string]: Template };
  readonly loop: { readonly [name: string]: Template };
  /** Values of the case that its plan may have replaced. */
  readonly with?: { readonly [name: string]: Template };
  /** The answer at hand, and the fields of its request. */
  readonly answer?: Lookup;
  readonly sent?: Lookup;
}

/** Where no reference has a value. */
export const NOWHERE: Environment = { parameters: {}, claims: {}, saved: {}, loop: {} };

const addressed = new WeakMap<Parameters, Map<number, Parameters>>();

/** Parameters with the EID that the device has at the time: the same object for the same EID. */
export function withEid(parameters: Parameters, eid: number): Parameters {
  const known = addressed.get(parameters) ?? new Map<number, Parameters>();
  addressed.set(parameters, known);
  const made = known.get(eid) ?? { ...parameters, eid };
  known.set(eid, made);
  return made;
}

/** What can be looked into by name; what is found there is taken as it is. */
export type Lookup = { readonly [name: string]: unknown };

function member(value: Template | undefined, name: string): Template | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) return /^\d+$/.test(name) ? (value as readonly Template[])[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as { readonly [name: string]: Template })[name] : undefined;
}

const roots: ReadonlySet<string> = new Set<keyof Environment>([
  'parameters',
  'claims',
  'saved',
  'with',
  'answer',
  'sent',
]);

function lookup(reference: string, env: Environment): Template | undefined {
  const [head = '', ...path] = reference.slice(1).split('.');
  const rooted = path.length > 0 && roots.has(head) ? env[head as keyof Environment] : env.loop[head];
  const root = rooted as Template | undefined;
  return path.reduce<Template | undefined>((value, name) => member(value, name), root);
}

/** The value with every reference replaced; undefined where one is open, as a `$saved` of a step without answer. */
export function resolve(template: Template, env: Environment): Template | undefined {
  if (typeof template === 'string') return template.startsWith('$') ? lookup(template, env) : template;
  if (template === null || typeof template !== 'object') return template;
  if (Array.isArray(template)) {
    const entries = template.map((entry: Template) => resolve(entry, env));
    return entries.some((entry) => entry === undefined) ? undefined : (entries as readonly Template[]);
  }
  const out: { [name: string]: Template } = {};
  for (const [name, value] of Object.entries(template)) {
    const resolved = resolve(value, env);
    if (resolved === undefined) return undefined;
    out[name] = resolved;
  }
  return out;
}

/** As `resolve`, where an open reference is a mistake of the case. */
export function mustResolve(template: Template, env: Environment, what: string): Template {
  const value = resolve(template, env);
  if (value === undefined) {
    throw new CertifyError('INTERNAL', `${what}: ${JSON.stringify(template)} has no value here`, { template });
  }
  return value;
}

export function resolveNumber(template: Template, env: Environment, what: string): number {
  const value = mustResolve(template, env, what);
  if (typeof value === 'number') return value;
  throw new CertifyError('INTERNAL', `${what}: expected a number, found ${JSON.stringify(value)}`, { template });
}

/** Every combination of the loop variables, the last one moving fastest; one empty combination without loops. */
export function combinations(
  loops: readonly { readonly name: string; readonly values: readonly Template[] | string }[],
  env: Omit<Environment, 'loop'>,
): readonly { readonly [name: string]: Template }[] {
  let all: readonly { readonly [name: string]: Template }[] = [{}];
  for (const { name, values } of loops) {
    const found = typeof values === 'string' ? mustResolve(values, { ...env, loop: {} }, `for-each ${name}`) : values;
    const list = typeof found === 'number' ? Array.from({ length: found }, (_, index) => index + 1) : found;
    if (!Array.isArray(list)) throw new CertifyError('INTERNAL', `for-each ${name}: ${values} is not a list`);
    const resolved = list.map((value: Template) => mustResolve(value, { ...env, loop: {} }, `for-each ${name}`));
    all = all.flatMap((combination) => resolved.map((value) => ({ ...combination, [name]: value })));
  }
  return all;
}
