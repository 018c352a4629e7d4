import type { CompiledCase } from '../suite/compiled';
import { ownAnswers } from './own-answers';

const env = { parameters: { image: '00112233445566' }, claims: {}, saved: {}, loop: {} };
const DATA = 'pldm/requestFirmwareData';
const part = { partOf: '$parameters.image', from: 'offset', count: 'length' };

const answering = (list: NonNullable<CompiledCase['answers']>[string]) => ownAnswers({ [DATA]: list }, env);

test('gives the part that is asked for, filled up with zeros behind the end', () => {
  const answer = answering([{ fields: {}, parts: { data: part } }]);
  expect(answer(DATA, { offset: 2, length: 3 })).toEqual({ completionCode: 0, data: '223344' });
  expect(answer(DATA, { offset: 5, length: 4 })).toEqual({ completionCode: 0, data: '55660000' });
  expect(answer(DATA, { offset: 900, length: 2 })).toEqual({ completionCode: 0, data: '0000' });
});

test('turns all bits of the one octet over, whichever part it is in', () => {
  const answer = answering([{ fields: {}, parts: { data: { ...part, wrongAt: 3 } } }]);
  expect(answer(DATA, { offset: 0, length: 3 })).toEqual({ completionCode: 0, data: '001122' });
  expect(answer(DATA, { offset: 3, length: 2 })).toEqual({ completionCode: 0, data: 'cc44' });
});

test('of a list the next each time, and the last one from then on', () => {
  const answer = answering([{ fields: { completionCode: 0x89 }, parts: {} }, 'unanswered', { fields: {}, parts: {} }]);
  const said = [1, 2, 3, 4].map(() => answer(DATA, {}));
  expect(said).toEqual([{ completionCode: 0x89 }, 'unanswered', { completionCode: 0 }, { completionCode: 0 }]);
});

test('leaves to others what it knows nothing of, and what a device asks out of measure', () => {
  const answer = answering([{ fields: {}, parts: { data: part } }]);
  expect(answer('pldm/transferComplete', {})).toBeUndefined();
  expect(String((answer(DATA, { offset: 0, length: 0xffffffff }) as { data: string }).data)).toHaveLength(131072);
});
