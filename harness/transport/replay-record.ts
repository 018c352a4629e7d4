import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseHex } from '../codec/octets';
import { CertifyError, messageOf } from '../errors';
import { type Binding, bindings, type Plane, planes } from '../names';
import type { Delivery } from './transport';

/** What went over the transport, in the record's order. */
export interface RecordedFrame {
  /** Number of the line in the record, from 1. */
  readonly line: number;
  /** `end`: the way to the device ended here. */
  readonly direction: 'tx' | 'rx' | 'end';
  /** Since the start of the record; segments follow one another. */
  readonly at: number;
  readonly plane: Plane;
  readonly octets: Uint8Array;
  readonly delivery: Delivery;
  readonly note?: string;
}

export interface Traffic {
  readonly file: string;
  readonly lines: number;
  readonly binding: Binding;
  readonly plane: Plane;
  readonly acknowledges: boolean;
  readonly frames: readonly RecordedFrame[];
}

type Json = { readonly [name: string]: unknown };
const deliveries: readonly Delivery[] = ['sent', 'nak', 'arbitration-lost', 'refused'];
const NOTHING = new Uint8Array(0);

/** Reads a record, or the one in a run's folder. A record is somebody's file: every field that is used is looked at. */
export async function readTraffic(path: string): Promise<Traffic> {
  const file = await find(path);
  const reader = new TrafficReader(file);
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) reader.take(line);
  } catch (error) {
    if (error instanceof CertifyError) throw error;
    throw new CertifyError('RECORD_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, { path }, error);
  }
  return reader.end();
}

async function find(path: string): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? join(path, 'record.ndjson') : path;
  } catch (error) {
    throw new CertifyError('RECORD_UNREADABLE', `no record at ${path}: ${messageOf(error)}`, { path }, error);
  }
}

class TrafficReader {
  private readonly file: string;
  private readonly frames: RecordedFrame[] = [];
  private scope: Pick<Traffic, 'binding' | 'plane' | 'acknowledges'> | undefined;
  private number = 0;
  private base = 0;
  private latest = 0;
  private torn = false;

  constructor(file: string) {
    this.file = file;
  }

  take(text: string): void {
    // Only the last line of a killed run may be torn.
    if (this.torn) throw this.unreadable('is not JSON');
    this.number += 1;
    if (text.trim() === '') return;
    const line = parse(text);
    if (line === undefined) {
      this.torn = true;
      return;
    }
    if (line.type === 'run.start') this.start(line);
    else if (this.scope === undefined) throw this.unreadable('comes before run.start');
    else if (line.type === 'frame') this.frame(line);
    else if (line.type === 'observation') this.observation(line, this.scope.plane);
  }

  end(): Traffic {
    if (this.scope === undefined) throw this.unreadable('is the end, and no run.start was there');
    return { file: this.file, lines: this.number, frames: this.frames, ...this.scope };
  }

  private unreadable(problem: string): CertifyError {
    const { file, number: line } = this;
    return new CertifyError('RECORD_UNREADABLE', `${file}:${line} ${problem}`, { file, line });
  }

  private start(line: Json): void {
    const scope = isObject(line.scope) ? line.scope : {};
    const binding = bindings.find((name) => name === scope.binding);
    const plane = planes.find((name) => name === scope.plane);
    if (binding === undefined || plane === undefined) throw this.unreadable('names no scope that this version knows');
    this.scope = { binding, plane, acknowledges: scope.acknowledge === true };
    this.base = this.latest;
  }

  private frame(line: Json): void {
    const { direction, note } = line;
    const octets = typeof line.octets === 'string' ? parseHex(line.octets) : undefined;
    const plane = planes.find((name) => name === line.plane);
    if ((direction !== 'tx' && direction !== 'rx') || octets === undefined || plane === undefined) {
      throw this.unreadable('is no frame');
    }
    const delivery = deliveries.find((name) => name === (line.delivery ?? 'sent'));
    if (delivery === undefined) throw this.unreadable(`has an unknown delivery`);
    const noted = typeof note === 'string' ? { note } : {};
    this.frames.push({ line: this.number, direction, at: this.time(line), plane, octets, delivery, ...noted });
  }

  private observation(line: Json, plane: Plane): void {
    const note = isObject(line.observation) ? line.observation.disconnected : undefined;
    if (typeof note !== 'string') return;
    const at = this.time(line);
    this.frames.push({ line: this.number, direction: 'end', at, plane, octets: NOTHING, delivery: 'sent', note });
  }

  /** Never earlier than the line before, for what is played must have an order. */
  private time(line: Json): number {
    if (typeof line.at !== 'number' || !Number.isSafeInteger(line.at) || line.at < 0)
      throw this.unreadable('has no time');
    this.latest = Math.max(this.latest, this.base + line.at);
    return this.latest;
  }
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
