import { visible } from '../../dist/reports/visible.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Text of somebody else's, with its hidden characters spelled out. */
export const text = (value) => visible(String(value ?? ''));

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : text(value));
  }
  for (const child of children.flat(4)) {
    if (child === undefined || child === null || child === '' || child === false) continue;
    node.append(typeof child === 'object' ? child : text(child));
  }
  return node;
}

/** An element; strings among its children are text, never markup. */
export const h = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

export const badge = (tone, words) => h('span', { class: `badge ${tone}` }, words);

/** `3 min ago`, by the clock of who looks. */
export function ago(time) {
  const seconds = Math.round((Date.now() - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds)) return '';
  const from = Math.max(0, seconds);
  if (from < 5) return 'now';
  if (from < 90) return `${from} s ago`;
  if (from < 5400) return `${Math.round(from / 60)} min ago`;
  if (from < 130_000) return `${Math.round(from / 3600)} h ago`;
  return `${Math.round(from / 86_400)} days ago`;
}

export const when = (time) =>
  h('time', { datetime: time, title: time }, time === undefined ? '' : time.slice(0, 16).replace('T', ' '));

/** Puts new content in place of the old without losing where the keyboard is. */
export function replace(host, ...children) {
  const held = document.activeElement?.closest?.('[data-key]')?.dataset.key;
  const open = new Set([...host.querySelectorAll('details[open][data-key]')].map((entry) => entry.dataset.key));
  host.replaceChildren(...children.flat(4).filter((child) => child !== undefined && child !== false));
  for (const entry of host.querySelectorAll('details[data-key]')) if (open.has(entry.dataset.key)) entry.open = true;
  if (held === undefined) return;
  const again = [...host.querySelectorAll('[data-key]')].find((entry) => entry.dataset.key === held);
  const focus = again?.matches('a, button, summary, input, select')
    ? again
    : again?.querySelector('summary, a, button');
  focus?.focus({ preventScroll: true });
}
