import { messageTypeName } from '../names';
import type { Claims, Template } from '../suite/compiled';
import type { ClaimExpression, Comparison, Operand } from './claim-expression';
import { claimsIn, messageTypeOf } from './claim-expression';
import type { ClaimKind } from './claims';
import { claimKind, claimValue } from './claims';

/** Undefined: a claim that decides is open. */
export type Truth = boolean | undefined;

/** Three-valued: an open claim decides only where the rest leaves it nothing to decide. */
export function evaluateClaims(expression: ClaimExpression, claims: Claims): Truth {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      const truths = expression.parts.map((part) => evaluateClaims(part, claims));
      if (truths.includes(decisive)) return decisive;
      return truths.includes(undefined) ? undefined : !decisive;
    }
    case 'not': {
      const truth = evaluateClaims(expression.of, claims);
      return truth === undefined ? undefined : !truth;
    }
    case 'claim': {
      const value = claimValue(claims, expression.name);
      return value === undefined ? undefined : value === true;
    }
    case 'in': {
      const types = entriesAreTypes(expression.right);
      const needle = operandValue(expression.left, claims, types);
      const list = operandValue(expression.right, claims, types);
      if (needle === undefined || list === undefined) return undefined;
      return Array.isArray(list) && list.some((entry: Template) => order(entry, needle) === 0);
    }
    case 'compare': {
      const left = operandValue(expression.left, claims, false);
      const right = operandValue(expression.right, claims, false);
      if (left === undefined || right === undefined) return undefined;
      return holds(expression.operator, left, right);
    }
  }
}

function entriesAreTypes(operand: Operand): boolean {
  const kind: ClaimKind | undefined = operand.kind === 'claim' ? claimKind(operand.name) : undefined;
  return kind?.kind === 'list' && kind.of.kind === 'message-type';
}

function operandValue(operand: Operand, claims: Claims, types: boolean): Template | undefined {
  if (operand.kind === 'claim') return claimValue(claims, operand.name);
  if (operand.kind === 'list') return operand.entries;
  return types ? messageTypeOf(operand.value) : operand.value;
}

const VERSION = /^\d+(\.\d+)*$/;

/** Below, at or above zero; undefined where the two cannot be compared. */
function order(left: Template, right: Template): number | undefined {
  if (left === right) return 0;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [String(left), String(right)];
  if (typeof left === 'boolean' || typeof right === 'boolean' || !VERSION.test(a) || !VERSION.test(b)) return undefined;
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let index = 0; index < Math.max(x.length, y.length); index += 1) {
    const difference = (x[index] ?? 0) - (y[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function holds(operator: Comparison, left: Template, right: Template): boolean {
  const difference = order(left, right);
  if (difference === undefined) return operator === '!=';
  switch (operator) {
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
  }
}

/** `mctp.messageTypes is [control], mctp.staticEid is open`. */
export function describeClaims(expression: ClaimExpression, claims: Claims): string {
  return claimsIn(expression)
    .map((name) => `${name} is ${describeClaim(name, claimValue(claims, name))}`)
    .join(', ');
}

export function describeClaim(name: string, value: Template | undefined): string {
  if (value === undefined) return 'open';
  const kind = claimKind(name);
  const types = kind?.kind === 'list' && kind.of.kind === 'message-type';
  const word = (entry: Template): string => {
    if (types && typeof entry === 'number') return messageTypeName(entry);
    return typeof entry === 'object' ? JSON.stringify(entry) : String(entry);
  };
  return Array.isArray(value) ? `[${value.map(word).join(', ')}]` : word(value);
}
