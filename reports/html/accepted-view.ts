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

/** Capabilities by level, and the programmes of buyers that are mapped to them; both empty where the profile has none. */
export function capabilitiesView(result: Result) {
  const all = result.capabilities ?? [];
  const levels = [...new Set(all.map(({ level }) => level))].sort();
  const met = all.filter(({ status }) => status === 'met' || status === 'met-with-note').length;
  return {
    capabilitySummary: all.length === 0 ? '' : `level ${result.level ?? 'none'}, ${met} of ${all.length} met`,
    capabilities: levels.map((level) => ({
      level,
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
            cases: way.cases.slice(0, 12),
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
