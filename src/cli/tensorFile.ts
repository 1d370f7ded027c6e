/** Tensors of a .safetensors file on disk: the header once, then only the bytes of the tensors asked for. */
import { type FileHandle, open } from 'node:fs/promises';
import { nearest } from '../check/nearest.ts';
import { data } from '../core/diagnostics/data.ts';
import { invariant } from '../core/invariant.ts';
import { type NumberArray, readNumbers } from '../formats/numberTypes.ts';
import type { Parsed } from '../formats/parsed.ts';
import { parseSafetensors, type Safetensors, safetensorsHeaderEnd } from '../formats/safetensors.ts';
import { reasonOf } from './files.ts';
import { exitCodes, Rejection, reject } from './rejection.ts';

export interface TensorFile {
  /** As the user named it. */
  readonly shown: string;
  readonly contents: Safetensors;
  /** The tensor of that name, which the file has. */
  readonly read: (name: string) => Promise<NumberArray>;
}

/** `use` runs while the file is open. */
export async function withTensorFile<Result>(
  path: string,
  shown: string,
  use: (file: TensorFile) => Promise<Result>,
): Promise<Result> {
  const handle = await opened(path, shown);
  try {
    const status = await handle.stat();
    if (!status.isFile()) {
      const why = status.isDirectory() ? 'it is a folder' : 'it is no file, of which parts can be read';
      reject(data.unreadableFile, { path: shown, why });
    }
    const { size } = status;
    const headerEnd = parsedValue(
      safetensorsHeaderEnd(shown, await bytesAt(handle, 0, Math.min(8, size)), size),
    );
    const header = await bytesAt(handle, 8, headerEnd);
    const contents = parsedValue(parseSafetensors(shown, header, size));
    return await use({ shown, contents, read: name => readTensor(handle, contents, name) });
  } finally {
    await handle.close();
  }
}

async function opened(path: string, shown: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    return reject(data.unreadableFile, { path: shown, why: reasonOf(error) });
  }
}

async function readTensor(handle: FileHandle, contents: Safetensors, name: string): Promise<NumberArray> {
  const entry = contents.tensors.get(name);
  invariant(entry !== undefined, `no tensor ${name}`);
  const { type, shape, start, end } = entry;
  return { type, shape, values: readNumbers(type, await bytesAt(handle, start, end)) };
}

/** Bytes from `start` to `end`; fewer where the file has become shorter. */
async function bytesAt(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

export function parsedValue<Value>(parsed: Parsed<Value>): Value {
  if (parsed.ok) return parsed.value;
  throw new Rejection([parsed.diagnostic], exitCodes.wrongInput);
}

/** Refuses a name that the file does not have, or has in a type that cannot be read. */
export function requireTensor({ shown, contents }: TensorFile, tensor: string, parameter: string): void {
  const type = contents.unreadable.get(tensor);
  if (type !== undefined) reject(data.safetensorsType, { path: shown, tensor, type });
  if (contents.tensors.has(tensor)) return;
  const near = nearest(tensor, contents.tensors.keys());
  const names = [...contents.tensors.keys()];
  const some = names.slice(0, 8).join(', ') + (names.length > 8 ? ', ...' : '');
  reject(
    data.missingTensor,
    { path: shown, tensor, parameter },
    near === undefined ? `it has ${some || 'none'}` : `did you mean '${near}'?`,
  );
}
