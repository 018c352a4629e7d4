import type { Template, WalkStep } from '../suite/compiled';
import type { ViewValue } from './view';
import { valueAt } from './view';

/** An entry as the record and references have it: JSON. */
export function plainEntry(entry: ViewValue): Template {
  if (typeof entry === 'bigint') return Number.isSafeInteger(Number(entry)) ? Number(entry) : entry.toString();
  if (Array.isArray(entry)) return (entry as readonly ViewValue[]).map(plainEntry);
  if (entry === undefined) return null;
  if (typeof entry !== 'object') return entry;
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, plainEntry(value)]));
}

/** How check ids call an entry: by the field of `label`, else by its number from 1. No two are called alike. */
export function labelOf(step: WalkStep, entries: readonly ViewValue[], index: number): string {
  const name = nameOf(step, entries[index], index);
  const alike = entries.slice(0, index).filter((entry, at) => nameOf(step, entry, at) === name).length;
  return alike === 0 ? name : `${name}, again ${alike}`;
}

function nameOf(step: WalkStep, entry: ViewValue, index: number): string {
  const value = step.label === undefined ? undefined : valueAt(entry, step.label);
  if (value !== undefined && typeof value !== 'object') return `${step.label}=${String(value)}`;
  return typeof entry === 'number' ? `${step.as}=${entry}` : `${step.as}=${index + 1}`;
}
