/**
 * Every error that this project raises, by code: `exit` is the exit code of the command line (design: conformance
 * verdicts are results, never errors; 2 is the user's input, 3 the harness or its surroundings).
 */
export const errorCodes = {
  USAGE: { exit: 2 },
  YAML: { exit: 2 },
  LINT: { exit: 2 },
  UNKNOWN_NAME: { exit: 2 },
  EMPTY_SELECTION: { exit: 2 },
  RECORD_UNREADABLE: { exit: 2 },
  OUTPUT: { exit: 3 },
  DEVICE_OPEN: { exit: 3 },
  DEVICE_SILENT: { exit: 3 },
  DEVICE_LOST: { exit: 3 },
  DEVICE_BUSY: { exit: 3 },
  OUT_OF_REACH: { exit: 3 },
  INTERNAL: { exit: 3 },
} as const satisfies Record<string, { readonly exit: 2 | 3 }>;

export type ErrorCode = keyof typeof errorCodes;

/** The one error class: a code from the table, one clear line, and the facts behind it as fields. */
export class CertifyError extends Error {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, facts: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CertifyError';
    this.code = code;
    this.facts = facts;
  }

  get exit(): 2 | 3 {
    return errorCodes[this.code].exit;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Fails to compile where a union has a member that the caller does not handle. */
export function unreachable(value: never): never {
  throw new CertifyError('INTERNAL', `unexpected value ${JSON.stringify(value)}`);
}
