import type { Result } from '../../harness/record/result-schema';
import { clip } from '../visible';
import type { Tone } from './tones';

const MAX_TEXT = 1_000;

const capabilityTones: { readonly [status: string]: Tone } = {
  met: 'good',
  'met-with-note': 'good',
  'not-met': 'bad',
  'not-tested': 'warn',
  'not-applicable': 'idle',
};

const toneOf = (status: string): Tone => capabilityTones[status] ?? 'idle';
const words = (status: string): string => status.replaceAll('-', ' ');

type Capabilities = NonNullable<Result['capabilities']>;

/** How a level stands, in a line. */
function levelHead(own: Capabilities): { readonly summary: string; readonly tone: Tone; readonly missing: string } {
  const count = (wanted: string): number => own.filter(({ status }) => status === wanted).length;
  const parts = ['met', 'met-with-note', 'not-met', 'not-tested', 'not-applicable']
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${words(status)}`);
  const unmet = own.filter(({ status, need }) => status === 'not-met' && need !== 'optional');
  const open = own.some(({ status, need }) => status === 'not-tested' && need !== 'optional');
  return {
    summary: parts.join(', '),
    tone: unmet.length > 0 ? 'bad' : open ? 'warn' : 'good',
    missing: clip(unmet.map(({ title }) => title).join(', '), MAX_TEXT),
  };
}

/** Capabilities by level, and the programmes of buyers that are mapped to them; both empty where the profile has none. */
export function capabilitiesView(result: Result) {
  const all = result.capabilities ?? [];
  const levels = [...new Set(all.map(({ level }) => level))].sort();
  const isMet = ({ status }: (typeof all)[number]): boolean => status === 'met' || status === 'met-with-note';
  const planned = new Set(result.cases.map(({ id }) => id));
  return {
    capabilitySummary:
      all.length === 0 ? '' : `level ${result.level ?? 'none'}, ${all.filter(isMet).length} of ${all.length} met`,
    capabilities: levels.map((level) => ({
      level,
      ...levelHead(all.filter((capability) => capability.level === level)),
      rows: all
        .filter((capability) => capability.level === level)
        .map(({ id, title, need, status, reason, note, ways, differs }) => ({
          id,
          title: clip(title, MAX_TEXT),
          need,
          status: words(status),
          tone: status === 'not-met' && need === 'optional' ? 'idle' : toneOf(status),
          why: clip(
            [note, reason, ...(differs ?? []).map(({ code, seen }) => `${code}: ${seen}`)]
              .filter((part) => part !== undefined)
              .join('; '),
            MAX_TEXT,
          ),
          ways: ways.map((way) => ({
            rank: String(way.rank),
            status: words(way.status),
            cases: way.cases.slice(0, 12).map((id) => ({ id, there: planned.has(id) })),
          })),
        })),
    })),
    overlays: (result.overlays ?? []).map(({ title, version, status, rules }) => ({
      title: clip(title, MAX_TEXT),
      version,
      status: words(status),
      tone: toneOf(status),
      rules: rules.map((rule) => ({
        title: clip(rule.title, MAX_TEXT),
        need: rule.confirmed ? rule.need : `${rule.need}, wording not confirmed`,
        source: clip(rule.source, MAX_TEXT),
        by: rule.by.join(', '),
        status: words(rule.status),
        tone: toneOf(rule.status),
        reason: clip(rule.reason ?? '', MAX_TEXT),
      })),
    })),
  };
}

const waiverTones: { readonly [status: string]: Tone } = {
  applied: 'warn',
  met: 'warn',
  stale: 'bad',
  expired: 'bad',
  unmatched: 'bad',
  'over-broad': 'bad',
};

/** What was accepted beforehand, whether it was needed or not. */
export function waiversView(result: Result) {
  const waivers = result.waivers.map((waiver) => ({
    status: words(waiver.status),
    tone: waiverTones[waiver.status] ?? 'idle',
    what: waiver.case ?? waiver.requirement ?? '',
    unit: [waiver.device, waiver.firmware].filter((part) => part !== undefined).join(', firmware '),
    reason: clip(waiver.reason, MAX_TEXT),
    owner: `${waiver.owner}, until ${waiver.expires}`,
    note: clip(waiver.note ?? '', MAX_TEXT),
    cases: waiver.cases.slice(0, 40),
  }));
  const expected = result.expectedFailures.map(({ check, reason, status }) => ({
    status: words(status),
    tone: waiverTones[status] ?? 'idle',
    what: check,
    unit: 'expected failure',
    reason: clip(reason, MAX_TEXT),
    owner: '',
    note: '',
    cases: [check.split('#')[0] ?? check],
  }));
  return [...waivers, ...expected];
}
