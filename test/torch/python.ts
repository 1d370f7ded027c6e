/** Python with PyTorch, where the machine has it: SOP_PYTHON names it, or it is the first on the PATH. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const candidates = [process.env['SOP_PYTHON'] ?? '', 'python3'].filter(each => each !== '');

/** Asked without importing, which takes seconds. */
const hasTorch = (python: string): boolean =>
  spawnSync(python, ['-c', 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'])
    .status === 0;

export const python = candidates.find(hasTorch);
