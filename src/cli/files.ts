/** Files in and out: bounded reads with reasons in words, and writes that leave all or nothing. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { data } from '../core/diagnostics/data.ts';
import { Rejection, reject } from './rejection.ts';

export const sourceLimitBytes = 2 ** 20;

/** The reason of a failed system call, as a reader would say it. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is no folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space is left',
    ELOOP: 'its symbolic links go in a circle',
    ENAMETOOLONG: 'its name is too long',
    EMFILE: 'too many files are open',
    ERR_FS_FILE_TOO_LARGE: 'it is too large',
  };
  return reasons[code] ?? (code === '' ? 'it cannot be opened' : code);
}

/** Text of a source, without a byte order mark. `shown` is the path for messages. */
export async function readSource(path: string, shown: string): Promise<string> {
  const bytes = await readStart(path, shown, sourceLimitBytes + 1);
  if (bytes.length > sourceLimitBytes) {
    const { size } = await stat(path);
    reject(data.sourceTooLarge, {
      path: shown,
      sizeBytes: Math.max(size, bytes.length),
      limit: sourceLimitBytes,
    });
  }
  return decodeSource(bytes, shown);
}

export function decodeSource(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return reject(data.notText, { path: shown, offset: firstInvalid(bytes) });
  }
}

/** Where the first byte sequence begins that is no character. */
function firstInvalid(bytes: Uint8Array): number {
  const decodes = (length: number, stream: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream });
      return true;
    } catch {
      return false;
    }
  };
  // The longest prefix that may still go on, by halving; then back over the character it breaks off in.
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle, true)) good = middle;
    else bad = middle;
  }
  while (!decodes(good, false)) good--;
  return good;
}

/** At most `limit` bytes from the start; pipes and devices are read like files. */
async function readStart(path: string, shown: string, limit: number): Promise<Uint8Array> {
  try {
    await using handle = await open(path);
    const bytes = new Uint8Array(limit);
    let length = 0;
    while (length < limit) {
      const { bytesRead } = await handle.read(bytes, length, limit - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } catch (error) {
    return reject(data.unreadableFile, { path: shown, why: reasonOf(error) });
  }
}

/** A whole data file. Devices, which may never end, are refused. */
export async function readBytes(path: string, shown: string): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (status.isCharacterDevice() || status.isBlockDevice())
      return reject(data.unreadableFile, { path: shown, why: 'it is no file' });
    return await readFile(path);
  } catch (error) {
    if (error instanceof Rejection) throw error;
    return reject(data.unreadableFile, { path: shown, why: reasonOf(error) });
  }
}

/** Relative to where the command runs, when that is no detour. */
export function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || short === '' ? path : short.replaceAll('\\', '/');
}

export interface NewFile {
  readonly path: string;
  readonly contents: string | Uint8Array;
}

/**
 * Writes files so that each is there whole or not at all: all contents go to temporary files in the target folders
 * first, and take their names only when every one is written. Links are followed and modes kept.
 */
export async function writeFiles(cwd: string, files: readonly NewFile[]): Promise<void> {
  const written: { readonly temporary: string; readonly target: string; readonly path: string }[] = [];
  let current = '';
  try {
    for (const { path, contents } of files) {
      current = path;
      await mkdir(dirname(path), { recursive: true });
      const target = await realpath(path).catch(() => path);
      const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
      written.push({ temporary, target, path });
      await writeFile(temporary, contents, { flag: 'wx' });
      await takeMode(temporary, target);
    }
    for (const { temporary, target, path } of written) {
      current = path;
      await rename(temporary, target);
    }
  } catch (error) {
    await Promise.all(written.map(({ temporary }) => rm(temporary, { force: true })));
    reject(data.unwritable, { path: shownPath(cwd, current), why: reasonOf(error) });
  }
}

/** A folder in the place of the file is the one thing, known before, that would make its renaming fail. */
async function takeMode(temporary: string, target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  if (found !== undefined) await chmod(temporary, found.mode);
}
