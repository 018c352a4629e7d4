import type { CompiledCase, OwnAnswer, Template } from './compiled';
import type { CaseScope } from './scope';
import { requestSlots, responseSlots } from './slots';
import type { Path } from './source';
import type { CaseSource, OwnAnswerSource } from './suite-schema';
import { checkReference, compileValue, ownSlot } from './values';

type Sources = NonNullable<CaseSource['answers']>;

/** What the device is answered in a case when it asks something of its own. */
export function compileAnswers(source: Sources, path: Path, scope: CaseScope): NonNullable<CompiledCase['answers']> {
  return Object.fromEntries(
    Object.entries(source).map(([command, answers]) => {
      const place = [...path, command];
      const list = Array.isArray(answers) ? answers : [answers];
      return [command, list.map((answer: OwnAnswerSource) => compileAnswer(command, answer, place, scope))];
    }),
  );
}

function compileAnswer(name: string, source: OwnAnswerSource, path: Path, scope: CaseScope): OwnAnswer {
  const found = scope.command(name, path, true);
  if (source === 'unanswered' || found === undefined) return 'unanswered';
  const slots = responseSlots(found.set, found.command);
  const asked = requestSlots(found.set, found.command);
  const fields: { [name: string]: Template } = {};
  const parts: { [name: string]: Exclude<OwnAnswer, string>['parts'][string] } = {};
  for (const [field, value] of Object.entries(source)) {
    const slot = ownSlot(slots, field);
    if (slot === undefined) {
      scope.unknown(`field of the answer to ${name}:`, field, Object.keys(slots), path);
      continue;
    }
    if (typeof value !== 'object' || !('part-of' in value)) {
      fields[field] = compileValue(value, path, slot, scope);
      continue;
    }
    const { from, count } = value as { readonly from: string; readonly count: string };
    for (const each of [from, count]) {
      if (ownSlot(asked, each) === undefined)
        scope.unknown(`field of the request of ${name}:`, each, Object.keys(asked), path);
    }
    const partOf = String(value['part-of']);
    if (partOf.startsWith('$')) checkReference(partOf, path, scope);
    const wrongAt = 'wrong-at' in value ? Number(value['wrong-at']) : undefined;
    parts[field] = { partOf, from, count, ...(wrongAt === undefined ? {} : { wrongAt }) };
  }
  return { fields, parts };
}
