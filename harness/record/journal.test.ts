import { pendingRestorations } from './journal';
import type { RecordLine } from './lines';

const moved = (value: number): RecordLine => ({ type: 'journal', at: 0, what: 'eid', value, physicalAddress: 0x1d });
const restored: RecordLine = { type: 'restored', at: 0, what: 'eid', value: 9 };

test('what was moved and not put back has to be restored, to what was there first', () => {
  expect(pendingRestorations([])).toEqual([]);
  expect(pendingRestorations([moved(9), restored])).toEqual([]);
  expect(pendingRestorations([moved(9), moved(30)])).toEqual([{ what: 'eid', value: 9, physicalAddress: 0x1d }]);
  expect(pendingRestorations([moved(9), restored, moved(12)])).toEqual([
    { what: 'eid', value: 12, physicalAddress: 0x1d },
  ]);
});

test('two ports are two things', () => {
  const unit = (port: number, value: number) => ({ what: 'transmission-unit', value, port }) as const;
  const lines: readonly RecordLine[] = [
    { type: 'journal', at: 0, ...unit(0, 64), physicalAddress: 0x1d },
    { type: 'journal', at: 0, ...unit(1, 128), physicalAddress: 0x1d },
    { type: 'restored', at: 0, ...unit(0, 64) },
  ];
  expect(pendingRestorations(lines)).toEqual([{ ...unit(1, 128), physicalAddress: 0x1d }]);
});
