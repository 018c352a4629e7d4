import { formatDuration } from '../clock';
import type {
  ExchangeStep,
  Expectation,
  FieldCheck,
  Matcher,
  MessageSpec,
  Step,
  Template,
  TemplateMap,
  WalkStep,
} from '../suite/compiled';

/** Steps and expectations as sentences, for people who read a case without its YAML. */

export function describeStep(step: Step): readonly string[] {
  switch (step.kind) {
    case 'wait':
      return [`wait ${time(step.for)}`];
    case 'explore':
      return [`explore ${step.budget} packet sequences of ${step.command}, against a model of the receive rules`];
    case 'listen':
      return [
        `listen for ${time(step.for)}${step.of === undefined ? '' : `, for ${step.of} of the device`}`,
        ...describeExpectation(step.expect),
      ];
    case 'walk':
      return describeWalk(step);
    case 'request':
    case 'send':
      return [
        `${done(step)}${step.kind} ${describeMessage(step)}${refusal(step)}`,
        ...describeExpectation(step.expect),
      ];
    case 'packets': {
      const order = step.packets.map(({ message, part, after, packet, frame }) => {
        const pause = after === undefined ? [] : [`${time(after)} before it`];
        const changes = [...pause, ...changesOf('packet', packet), ...changesOf('frame', frame)];
        return `${message}${part}${changes.length === 0 ? '' : ` with ${changes.join(', ')}`}`;
      });
      return [
        `send packets one by one: ${order.join(', ')}`,
        ...step.messages.flatMap((message) => [
          `  ${message.name} is ${describeMessage(message)}, cut at ${value(message.unit)}`,
          ...describeExpectation(message.expect).map((line) => `  ${line}`),
        ]),
      ];
    }
  }
}

function done({ hook }: ExchangeStep): string {
  return hook === undefined ? '' : `${hook} by the hook, then until it answers `;
}

function describeWalk(step: WalkStep): readonly string[] {
  const all = (checks: readonly FieldCheck[]): string => checks.map(describeCheck).join(', ');
  const over = typeof step.over === 'string' ? step.over : (step.over ?? []).map(value).join(', ');
  const fields = Object.entries(step.fields).map(([name, entry]) => `${name} ${value(entry)}`);
  const head = step.command === undefined ? `go through ${over}` : `walk ${step.command}${parenthesis(fields)}`;
  const { parts, next } = step;
  const line = (text: string, checks: readonly FieldCheck[]): readonly string[] =>
    checks.length === 0 ? [] : [`  ${text} ${all(checks)}`];
  return [
    head,
    ...(parts === undefined ? [] : [`  put together ${parts.data}, in at most ${parts.atMost} parts`]),
    ...line('until', parts?.until ?? []),
    ...(next === undefined ? [] : [`  in at most ${next.atMost} entries`]),
    ...line('until', next?.until ?? []),
    ...(step.decode === undefined ? [] : [`  each is a ${step.decode}`]),
    ...line('every answer:', step.eachAnswer),
    `  select at least ${step.atLeast}${step.where.length === 0 ? '' : ` with ${all(step.where)}`}`,
    ...line('of these each:', step.each),
    ...line('in all:', step.expect),
    ...step.steps.flatMap((inner) => describeStep(inner).map((text) => `    ${text}`)),
  ];
}

function parenthesis(parts: readonly string[]): string {
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function refusal({ refuse }: ExchangeStep): string {
  if (refuse === undefined) return '';
  return refuse === 'always'
    ? ', and acknowledge no answer'
    : `, and acknowledge no answer but after ${refuse} refusals`;
}

function describeMessage(spec: MessageSpec): string {
  const fields = Object.entries(spec.fields).map(([name, entry]) => `${name} ${value(entry)}`);
  const changes = [
    ...changesOf('message', spec.message),
    ...changesOf('packet', spec.packet),
    ...changesOf('frame', spec.frame),
  ];
  const head = fields.length === 0 ? spec.command : `${spec.command} (${fields.join(', ')})`;
  return changes.length === 0 ? head : `${head}, but with ${changes.join(', ')}`;
}

function changesOf(level: string, overrides: TemplateMap): readonly string[] {
  return Object.entries(overrides).map(([name, entry]) => `${level} ${name} ${change(entry)}`);
}

function change(entry: Template): string {
  if (entry === 'absent') return 'left out';
  if (entry !== null && typeof entry === 'object' && !Array.isArray(entry)) {
    const { xor, add } = entry as { readonly xor?: Template; readonly add?: Template };
    if (xor !== undefined) return `xor ${value(xor)}`;
    if (add !== undefined) return typeof add === 'number' && add < 0 ? `less ${-add}` : `plus ${value(add)}`;
  }
  return value(entry);
}

function describeExpectation(expectation: Expectation): readonly string[] {
  switch (expectation.kind) {
    case 'silence':
      return ['  expect no answer'];
    case 'anything':
      return ['  expect an answer'];
    case 'fields':
      return expectation.checks.map((check) => `  expect ${describeCheck(check)}`);
    case 'one-of':
      return expectation.branches.flatMap(({ expect, verdict, reason }) => [
        `  ${verdict}${reason === undefined ? '' : ` (${reason})`} when:`,
        ...describeExpectation(expect).map((line) => `  ${line}`),
      ]);
  }
}

function describeCheck(check: FieldCheck): string {
  const clause = check.requirement === undefined ? '' : ` [${check.requirement}]`;
  return `${check.path} ${describeMatcher(check.matcher, check.path)}${clause}`;
}

function describeMatcher(matcher: Matcher, path: string): string {
  const show = (entry: Template): string => (path === 'elapsed' ? time(entry) : value(entry));
  switch (matcher.kind) {
    case 'equals':
      return show(matcher.value);
    case 'in':
      return `one of ${typeof matcher.values === 'string' ? matcher.values : matcher.values.map(show).join(', ')}`;
    case 'range': {
      const least = matcher.min === undefined ? [] : [`at least ${show(matcher.min)}`];
      const most = matcher.max === undefined ? [] : [`at most ${show(matcher.max)}`];
      return [...least, ...most].join(' and ');
    }
    case 'bits':
      return `bits ${matcher.pattern}`;
    case 'hex':
      return `octets ${matcher.value}`;
    case 'length':
      return `length ${describeMatcher(matcher.of, '')}`;
    case 'pattern':
      return `like ${matcher.source}`;
    case 'near':
      return `within ${show(matcher.tolerance)} of ${show(matcher.value)}`;
    case 'scaled':
      return `as a value by ${value(matcher.by)} ${describeMatcher(matcher.of, '')}`;
    case 'printable':
      return 'printable text';
    case 'ordered':
      return matcher.strictly ? 'strictly ascending' : 'ascending';
    case 'same-text':
      return `the text of ${show(matcher.value)}`;
    case 'checksum':
      return `with the ${matcher.by} ${describeMatcher(matcher.of, '')}`;
    case 'some':
      return `one with ${'kind' in matcher.of ? describeMatcher(matcher.of, '') : matcher.of.map(describeCheck).join(', ')}`;
    case 'each':
      return `each ${'kind' in matcher.of ? describeMatcher(matcher.of, '') : matcher.of.map(describeCheck).join(', ')}`;
    case 'unique':
      return 'without repetition';
    case 'equals-field':
      return `the same as ${matcher.path}`;
    case 'slice':
      return `octets ${matcher.from} to ${matcher.from + matcher.count - 1} ${describeMatcher(matcher.of, '')}`;
    case 'not':
      return `not ${describeMatcher(matcher.of, path)}`;
    case 'within':
      return `within ${time(matcher.limit)}`;
    case 'absent':
      return 'absent';
    case 'one-of':
      return matcher.branches
        .map(({ match, verdict, reason }) => {
          return `${describeMatcher(match, path)}: ${verdict}${reason === undefined ? '' : ` (${reason})`}`;
        })
        .join('; ');
  }
}

function time(entry: Template): string {
  return typeof entry === 'number' ? formatDuration(entry) : value(entry);
}

function value(entry: Template): string {
  if (typeof entry === 'string') return entry === '' ? 'nothing' : entry;
  if (typeof entry === 'number') return entry > 9 ? `0x${entry.toString(16).padStart(2, '0')}` : String(entry);
  return JSON.stringify(entry);
}
