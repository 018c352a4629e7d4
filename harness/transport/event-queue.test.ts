import { CLOSED, eventQueue } from './event-queue';
import type { TransportEvent } from './transport';

const received = (at: number): TransportEvent => ({
  kind: 'received',
  at,
  unit: { plane: 'frames', octets: Uint8Array.of(at) },
});
const disconnected: TransportEvent = { kind: 'disconnected', at: 9, detail: 'gone' };

describe('event queue', () => {
  it('keeps events for the first listener, the end among them', () => {
    const queue = eventQueue();
    const seen: TransportEvent[] = [];
    queue.emit(received(1));
    queue.emit(received(2));
    queue.emit(disconnected);
    expect(queue.waiting).toBe(3);
    queue.listen((event) => seen.push(event));
    expect(seen).toEqual([received(1), received(2), disconnected]);
    expect(queue.waiting).toBe(0);
  });

  it('lets nothing follow the end', () => {
    const queue = eventQueue();
    const seen: TransportEvent[] = [];
    queue.listen((event) => seen.push(event));
    for (const event of [disconnected, received(10), disconnected]) queue.emit(event);
    expect(seen).toEqual([disconnected]);
    expect(queue.ended).toBe('gone');
  });

  it('gives each event to one listener: the latest', () => {
    const queue = eventQueue();
    const seen: string[] = [];
    queue.listen((event) => seen.push(`first ${event.at}`));
    queue.emit(received(1));
    queue.listen((event) => seen.push(`second ${event.at}`));
    queue.emit(received(2));
    expect(seen).toEqual(['first 1', 'second 2']);
  });

  it('is silent once closed, and keeps the first reason for its end', () => {
    const queue = eventQueue();
    queue.emit(received(1));
    queue.close();
    queue.listen(() => {
      throw new Error('heard something');
    });
    queue.emit(received(2));
    expect(queue.ended).toBe(CLOSED);
    const other = eventQueue();
    other.emit(disconnected);
    other.close();
    expect(other.ended).toBe('gone');
  });

  it('keeps the order when the listener causes another event', () => {
    const queue = eventQueue();
    const seen: number[] = [];
    queue.emit(received(1));
    queue.emit(received(2));
    queue.listen((event) => {
      seen.push(event.at);
      if (event.at === 1) queue.emit(received(3));
    });
    expect(seen).toEqual([1, 2, 3]);
  });
});
