/**
 * Before the tests: the browser and the software GPU driver that they run on. On Debian as root they are installed;
 * elsewhere the one line to run is printed, and the tests that need them are reported as not run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { howToInstall } from './engine.ts';

const needed = ['/usr/bin/chromium', '/usr/lib/chromium/vk_swiftshader_icd.json'];

export default function install(): void {
  if (needed.every(existsSync)) return;
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!canInstall) {
    console.warn(`tests on WebGPU and in a browser are not run; on Debian: sudo ${howToInstall}`);
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const command of ['apt-get update -qq', `${howToInstall} -qq`]) {
    const [program = '', ...words] = command.split(' ');
    spawnSync(program, words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
