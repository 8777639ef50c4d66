/** Looks into a ZIP with tools that are not ours: Python's `zipfile` and `csv`. Without Python, fflate's reader and the lines of the table. */
import { spawnSync } from 'node:child_process';
import { unzipSync } from 'fflate';

export interface Looked {
  /** By name, as text. */
  readonly files: Readonly<Record<string, string>>;
  /** Of interactions.csv, the header among them. */
  readonly rows: readonly (readonly string[])[];
}

const SCRIPT = `
import csv, io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert archive.testzip() is None
files = {name: archive.read(name).decode('utf-8') for name in archive.namelist()}
table = files['interactions.csv'].lstrip('\\ufeff')
rows = list(csv.reader(io.StringIO(table, newline=''), strict=True))
json.dump({'files': files, 'rows': rows}, sys.stdout)
`;

export function lookInto(zip: Uint8Array): Looked {
  const python = spawnSync('python3', ['-c', SCRIPT], { input: zip, maxBuffer: 256 * 1024 * 1024 });
  if (python.error) return lookByNode(zip);
  if (python.status !== 0) throw new Error(`Python does not read the ZIP: ${python.stderr}`);
  return JSON.parse(python.stdout.toString('utf8')) as Looked;
}

function lookByNode(zip: Uint8Array): Looked {
  console.warn('python3 was not found: the ZIP is read by fflate.');
  const files = Object.fromEntries(
    Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]),
  );
  const cells = (line: string) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      (cell) => cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '',
    );
  const table = (files['interactions.csv'] ?? '').replace('\uFEFF', '').trimEnd();
  return { files, rows: table.split('\r\n').map(cells) };
}
