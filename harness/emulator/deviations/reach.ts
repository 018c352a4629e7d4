import { correctBehaviour } from '../behaviour';
import type { Behaviour, Deviation } from '../endpoint-types';

/** The key of a message type: a hook may be limited to messages of one. */
export const typeKey = (messageType: number): string => `type ${messageType}`;

const limits = new WeakMap<object, readonly string[]>();

/** Marks a hook that does what the correct one does but for these commands, or message types by their keys. */
export function limited<Hook extends object>(keys: readonly string[], hook: Hook): Hook {
  limits.set(hook, keys);
  return hook;
}

const hookKey = (name: string): string => `hook ${name}`;

/**
 * Without any of these a deviation cannot show: commands and types that its hooks are limited to, or the hooks themselves.
 * Undefined where it changes rules, which nothing notes.
 */
export function limitsOf({ change }: Deviation): readonly string[] | undefined {
  const hooks = Object.entries(change(correctBehaviour));
  if (hooks.some(([, hook]) => typeof hook !== 'function')) return undefined;
  return hooks.flatMap(([name, hook]) => limits.get(hook as object) ?? [hookKey(name)]);
}

/** No fault: notes which hooks are called, and of which commands and message types requests are. */
export function noting(seen: Set<string>): Deviation {
  const change = (correct: Behaviour): Partial<Behaviour> => {
    const hooks = Object.entries(correct).filter(([, hook]) => typeof hook === 'function');
    const noted = hooks.map(([name, hook]) => {
      const wrapped = (...values: readonly unknown[]): unknown => {
        seen.add(hookKey(name));
        return (hook as (...values: readonly unknown[]) => unknown)(...values);
      };
      return [name, wrapped];
    });
    const { acceptsMessage, supports, ...others } = Object.fromEntries(noted) as Behaviour;
    return {
      ...others,
      acceptsMessage: (header, packet, state) => {
        seen.add(typeKey(Number(header.messageType)));
        return acceptsMessage(header, packet, state);
      },
      supports: (command, state) => {
        seen.add(command.name);
        return supports(command, state);
      },
    };
  };
  return { name: 'noting', title: 'notes what it is asked', change };
}
