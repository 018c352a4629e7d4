import type { FieldValues } from '../codec/field-spec';
import type { Answer } from './endpoint-types';

/** Completion codes that control and PLDM share (DSP0236 12.3, Table 13; DSP0240, Table 5). */
export const ERROR_INVALID_DATA = 0x02;
export const ERROR_INVALID_LENGTH = 0x03;
export const ERROR_UNSUPPORTED_COMMAND = 0x05;

export const success = (fields: FieldValues = {}): Answer => ({ fields: { completionCode: 0, ...fields } });
export const failure = (completionCode: number): Answer => ({ fields: { completionCode } });
