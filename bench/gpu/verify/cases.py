"""What generate.ts wrote: units of programs, with their numbers. Needs numpy alone."""
import json
import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from library import Library, Operator  # noqa: E402

NULL_POINTER, MISALIGNED, ROW_DISTANCE, NEGATIVE_BATCH, SMALL_WORKSPACE = -1, -2, -3, -4, -5
BYTES = {'f64': 8, 'f32': 4, 'f16': 2, 'bf16': 2}
# As files hold them: sixteen bits stand there as f32.
FILED = {'f64': np.float64, 'f32': np.float32, 'f16': np.float32, 'bf16': np.float32, 'index': np.int64}


def build(folder, target, architecture):
    """The unit as a shared library, or what nvcc says against it."""
    library = target / f'{folder.name}.so'
    if library.exists():
        return library, None
    code = f"arch={architecture.replace('sm', 'compute')},code={architecture}"
    flags = ['-std=c++17', '-O3', '-gencode', code, '-Werror', 'all-warnings', '-shared', '-Xcompiler', '-fPIC']
    command = ['nvcc', *flags, '-o', str(library), str(folder / 'unit.cu')]
    made = subprocess.run(command, capture_output=True, text=True)
    return (library, None) if made.returncode == 0 else (None, (made.stdout + made.stderr)[-2000:])


def drawn(count, seed, scale):
    """The same numbers as case.ts's."""
    with np.errstate(over='ignore'):
        state = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
        state = (state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        state = (state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        state = state ^ (state >> np.uint32(16))
    return (scale * ((state >> np.uint32(8)).astype(np.float64) / 2**23 - 1)).astype(np.float32)


class Unit:
    def __init__(self, folder, library):
        self.cases = json.loads((folder / 'cases.json').read_text())
        self.data = (folder / 'data.bin').read_bytes()
        self.path = library

    def operators(self, case):
        """Each described, with its functions."""
        library = Library(self.path, case['module'])
        for described in case['operators']:
            yield described, Operator(library, described['name'], len(described['parameters']))

    def array(self, offset, count, dtype):
        if count == 0:
            return np.empty(0, dtype)
        return np.frombuffer(self.data, dtype=dtype, count=count, offset=offset)

    def matrix(self, vectors, key, width, dtype=np.float64):
        """[count, width] of a set of vectors."""
        count = vectors['count']
        return self.array(vectors[key], count * width, dtype).reshape(count, width)

    def parameter(self, described):
        count = int(np.prod(described['shape'], dtype=np.int64))
        if 'at' in described:
            return self.array(described['at'], count, FILED[described['dtype']])
        return drawn(count, described['seed'], described['scale'])
