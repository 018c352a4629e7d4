import { create, SafeString } from 'handlebars/runtime';
import { visible } from '../visible';
import { details } from './templates';

const handlebars = create();
for (const [name, partial] of Object.entries(details)) handlebars.registerPartial(name, handlebars.template(partial));

const rendered = new WeakMap<object, (view: object) => string>();

/** Every string of a view with its hidden characters spelled out; none can be forgotten. */
function harmless(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(harmless);
  if (typeof value !== 'object' || value === null || value instanceof SafeString) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, harmless(entry)]));
}

/** Markup, script or embedded data of our own making, which goes into a page as it is. */
export function trusted(text: string): object {
  return new SafeString(text);
}

/**
 * Fills a precompiled template. Strings of the view may come from a device: hidden characters are spelled out, markup is
 * escaped.
 */
export function fill(template: object, view: object): string {
  const known = rendered.get(template) ?? (handlebars.template(template) as (view: object) => string);
  rendered.set(template, known);
  return known(harmless(view) as object);
}
