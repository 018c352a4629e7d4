import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Wireshark itself, compiled to wasm: the independent reader of our traffic. Slow to start, so load it once per test file. */
export interface Wireshark {
  dissect(capture: Uint8Array): readonly DissectedFrame[];
}

export interface DissectedFrame {
  readonly number: number;
  readonly comments: readonly string[];
  /** The Protocol and Info columns. */
  readonly protocol: string;
  readonly info: string;
  /** Labels of the protocol tree, depth first. */
  readonly tree: readonly string[];
  /** `mctp.dst`, `mctp.msg.type`, … of the tree's filters. */
  readonly filters: readonly string[];
}

interface Vector<T> {
  size(): number;
  get(index: number): T;
}

interface Branch {
  readonly label: string;
  readonly filter: string;
  readonly tree: Vector<Branch>;
}

interface Session {
  load(): { readonly code: number; readonly error: string };
  getFrames(
    filter: string,
    skip: number,
    limit: number,
  ): { readonly frames: Vector<{ readonly number: number; readonly columns: Vector<string> }> };
  getFrame(number: number): { readonly tree: Vector<Branch> };
  delete(): void;
}

interface Wasm {
  init(): boolean;
  getColumns(): Vector<string>;
  readonly FS: { writeFile(path: string, data: Uint8Array): void };
  readonly DissectSession: new (path: string) => Session;
}

const listOf = <T>(vector: Vector<T>): readonly T[] =>
  Array.from({ length: vector.size() }, (_, index) => vector.get(index));

function flatten(branches: Vector<Branch>): readonly Branch[] {
  return listOf(branches).flatMap((branch) => [branch, ...flatten(branch.tree)]);
}

export async function loadWireshark(): Promise<Wireshark> {
  const folder = join(dirname(require.resolve('@goodtools/wiregasm/package.json')), 'dist');
  const load = require(join(folder, 'wiregasm.js')) as (options: object) => Promise<Wasm>;
  const quiet = (): void => undefined;
  const wasm = await load({
    locateFile: (path: string) => join(folder, path),
    // Reading them here spares emscripten's guess at the environment, which jest's globals lead astray.
    wasmBinary: readFileSync(join(folder, 'wiregasm.wasm')),
    getPreloadedPackage: () => {
      const data = readFileSync(join(folder, 'wiregasm.data'));
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    },
    handleStatus: quiet,
    print: quiet,
    printErr: quiet,
  });
  wasm.init();
  const columns = listOf(wasm.getColumns());
  let count = 0;
  return {
    dissect(capture) {
      count += 1;
      const path = `/uploads/capture-${count}.pcapng`;
      wasm.FS.writeFile(path, capture);
      const session = new wasm.DissectSession(path);
      try {
        const loaded = session.load();
        if (loaded.code !== 0) throw new Error(`Wireshark cannot read the capture: ${loaded.error}`);
        return listOf(session.getFrames('', 0, 0).frames).map((frame) => {
          const detail = session.getFrame(frame.number);
          const branches = flatten(detail.tree);
          const column = (name: string): string => listOf(frame.columns)[columns.indexOf(name)] ?? '';
          return {
            number: frame.number,
            comments: branches
              .filter((branch) => branch.filter.startsWith('frame.comment'))
              .map((branch) => branch.label),
            protocol: column('Protocol'),
            info: column('Info'),
            tree: branches.map((branch) => branch.label),
            filters: branches.map((branch) => branch.filter),
          };
        });
      } finally {
        session.delete();
      }
    },
  };
}
