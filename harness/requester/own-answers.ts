import type { FieldValues } from '../codec/field-spec';
import { fromHex, toHex } from '../codec/octets';
import type { Environment } from '../resolve';
import { mustResolve } from '../resolve';
import type { AskedPart, CompiledCase } from '../suite/compiled';

/** What a case has the device told when it asks something of its own; undefined: what a bus owner would say. */
export type OwnAnswers = (command: string, request: FieldValues) => FieldValues | 'unanswered' | undefined;

const ALL_BITS = 0xff;

/** The octets that were asked for; zeros follow the last one (DSP0267 RequestFirmwareData: padding). */
function part({ wrongAt }: AskedPart, whole: Uint8Array, from: number, count: number): string {
  const octets = new Uint8Array(Math.min(count, MOST));
  octets.set(whole.subarray(from, from + octets.length));
  const wrong = wrongAt === undefined ? -1 : wrongAt - from;
  return toHex(octets.map((octet, index) => (index === wrong ? octet ^ ALL_BITS : octet)));
}

/** No device is sent more at once, whatever it asks for. */
const MOST = 65536;

/** Of a list the next answer each time, and the last one from then on. */
export function ownAnswers(answers: NonNullable<CompiledCase['answers']>, env: Environment): OwnAnswers {
  const asked = new Map<string, number>();
  const octets = new Map<AskedPart, Uint8Array>();
  return (command, request) => {
    const list = Object.hasOwn(answers, command) ? answers[command] : undefined;
    if (list === undefined) return undefined;
    const count = asked.get(command) ?? 0;
    asked.set(command, count + 1);
    const answer = list[Math.min(count, list.length - 1)];
    if (answer === undefined || answer === 'unanswered') return 'unanswered';
    const fields = Object.entries(answer.fields).map(
      ([name, value]) => [name, mustResolve(value, env, command)] as const,
    );
    const parts = Object.entries(answer.parts).map(([name, each]) => {
      const whole = octets.get(each) ?? fromHex(String(mustResolve(each.partOf, env, command)));
      octets.set(each, whole);
      return [name, part(each, whole, Number(request[each.from]), Number(request[each.count]))] as const;
    });
    return { completionCode: 0, ...(Object.fromEntries([...fields, ...parts]) as FieldValues) };
  };
}
