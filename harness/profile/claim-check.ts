import type { CommandSets } from '../codec/command';
import { messageTypes } from '../names';
import { quote, suggestion } from '../suite/problem';
import type { ClaimExpression, Operand } from './claim-expression';
import type { ClaimKind } from './claims';
import { claimKind, claimNames } from './claims';

/** What is wrong with an expression that parses: unknown names, values that the claim can never have. */
export function checkClaimExpression(expression: ClaimExpression, sets: CommandSets): readonly string[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.parts.flatMap((part) => checkClaimExpression(part, sets));
    case 'not':
      return checkClaimExpression(expression.of, sets);
    case 'claim': {
      const kind = claimKind(expression.name);
      if (kind === undefined) return [unknownClaim(expression.name)];
      return kind.kind === 'boolean' ? [] : [`${expression.name} is ${kindTitle(kind)}: compare it`];
    }
    case 'in':
      return checkIn(expression.left, expression.right, sets);
    case 'compare': {
      const unknown = unknownClaims(expression.left, expression.right);
      if (unknown.length > 0) return unknown;
      const ordered = expression.operator !== '==' && expression.operator !== '!=';
      const sides = [expression.left, expression.right];
      const found: string[] = [];
      sides.forEach((side, index) => {
        const kind = side.kind === 'claim' ? claimKind(side.name) : undefined;
        if (side.kind !== 'claim' || kind === undefined) return;
        const orders = kind.kind === 'number' || kind.kind === 'version';
        if (kind.kind === 'list') found.push(`${side.name} is ${kindTitle(kind)}: ask with "in"`);
        else if (ordered && !orders) found.push(`${side.name} is ${kindTitle(kind)} and has no order`);
        else found.push(...checkValues(kind, sides[1 - index] as Operand, side.name, sets));
      });
      if (sides.every((side) => side.kind !== 'claim')) found.push('no claim is compared');
      return found;
    }
  }
}

function checkIn(left: Operand, right: Operand, sets: CommandSets): readonly string[] {
  const unknown = unknownClaims(left, right);
  if (unknown.length > 0) return unknown;
  if (right.kind === 'claim') {
    const kind = claimKind(right.name);
    if (kind?.kind !== 'list') return [`${right.name} is ${kind === undefined ? 'unknown' : kindTitle(kind)}, no list`];
    return checkValues(kind.of, left, right.name, sets);
  }
  if (left.kind !== 'claim') return ['no claim is compared'];
  const kind = claimKind(left.name);
  if (kind === undefined || kind.kind === 'list') return [`${left.name} is a list and cannot be in one`];
  return checkValues(kind, right, left.name, sets);
}

function unknownClaim(name: string): string {
  return `unknown claim ${quote(name)}${suggestion(name, claimNames)}`;
}

function unknownClaims(...operands: readonly Operand[]): readonly string[] {
  return operands.flatMap((operand) =>
    operand.kind === 'claim' && claimKind(operand.name) === undefined ? [unknownClaim(operand.name)] : [],
  );
}

function checkValues(kind: ClaimKind, operand: Operand, name: string, sets: CommandSets): readonly string[] {
  if (operand.kind === 'claim') return [];
  const values = operand.kind === 'list' ? operand.entries : [operand.value];
  return values.flatMap((value) => {
    const wrong = checkValue(kind, value, sets);
    return wrong === undefined ? [] : [`${name}: ${wrong}`];
  });
}

function checkValue(kind: ClaimKind, value: number | boolean | string, sets: CommandSets): string | undefined {
  switch (kind.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected true or false, found ${quote(value)}`;
    case 'number':
      return typeof value === 'number' ? undefined : `expected a number, found ${quote(value)}`;
    case 'version':
      return typeof value === 'string' && /^\d+(\.\d+){1,3}$/.test(value)
        ? undefined
        : `expected a version such as 1.3.1, found ${quote(value)}`;
    case 'word':
      return typeof value === 'string' && kind.words.includes(value)
        ? undefined
        : `never ${quote(value)}${suggestion(String(value), kind.words)}`;
    case 'message-type':
      if (typeof value === 'number') return undefined;
      return typeof value === 'string' && Object.hasOwn(messageTypes, value)
        ? undefined
        : `unknown message type ${quote(value)}${suggestion(String(value), Object.keys(messageTypes))}`;
    case 'command':
      return checkCommand(kind.set, value, sets);
    case 'list':
      return 'a list cannot be in one';
  }
}

/** A command of a set that has no table yet is taken as it is. */
export function checkCommand(set: string, value: unknown, sets: CommandSets): string | undefined {
  const known = Object.hasOwn(sets, set) ? sets[set] : undefined;
  if (known === undefined) return undefined;
  const names = Object.keys(known.commands).map((name) => name.slice(name.indexOf('/') + 1));
  if (typeof value === 'string' && names.includes(value)) return undefined;
  return `unknown command ${quote(value)}${suggestion(String(value), names)}`;
}

function kindTitle(kind: ClaimKind): string {
  switch (kind.kind) {
    case 'boolean':
      return 'true or false';
    case 'number':
      return 'a number';
    case 'version':
      return 'a version';
    case 'list':
      return 'a list';
    default:
      return 'a word';
  }
}
