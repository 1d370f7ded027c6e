"""Runs the programs of generate.ts on a GPU and compares each number with its bound.

    python3 run.py FOLDER [--out report.json] [--jobs 16] [--batches 1,3,17,1000,16385] [--only NAME] [--keep BUILD]

Needs nvcc and torch (for memory and comparisons only: the kernels are called through their C interface). Each program
is built as a shared library; its parameters are packed, then every mode runs on every set of vectors, repeated to fill
the batch, with rows that lie apart and begin at odd places. Outputs, workspaces and packed weights start as NaN, and
what lies around them must stay it. Under a sanitizer:

    compute-sanitizer --tool memcheck python3 run.py FOLDER --batches 3,17 --only monarch
"""
import argparse
import ctypes
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

INT, LONG, SIZE, POINTER = ctypes.c_int, ctypes.c_int64, ctypes.c_size_t, ctypes.c_void_p
GUARD = 1024  # bytes around every buffer that nothing may touch
NULL_POINTER, MISALIGNED, ROW_DISTANCE, NEGATIVE_BATCH, SMALL_WORKSPACE = -1, -2, -3, -4, -5


def build(folder, target, architecture):
    case = json.loads((folder / 'case.json').read_text())
    library = target / f"{case['name']}.so"
    if not library.exists():
        flags = ['-std=c++17', '-O3', f'-arch={architecture}', '-shared', '-Xcompiler', '-fPIC']
        command = ['nvcc', *flags, '-Werror', 'all-warnings', '-o', str(library), str(folder / f"{case['module']}.cu")]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            return case, None, (made.stdout + made.stderr)[-2000:]
    return case, library, None


class Guarded:
    """Memory of the device, full of NaN, between two guards; `shift` bytes off its alignment."""

    def __init__(self, size, shift=0):
        self.size, self.start = size, GUARD + shift
        self.bytes = torch.full((size + 2 * GUARD + shift,), 0xFF, dtype=torch.uint8, device='cuda')

    @property
    def address(self):
        return self.bytes.data_ptr() + self.start

    def view(self, dtype):
        return self.bytes[self.start:self.start + self.size].view(dtype)

    def untouched(self):
        outside = torch.cat([self.bytes[:self.start], self.bytes[self.start + self.size:]])
        return bool((outside == 0xFF).all())


def drawn(count, seed, scale):
    """The same numbers as generate.ts's."""
    with np.errstate(over='ignore'):
        state = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
        state = (state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        state = (state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        state = state ^ (state >> np.uint32(16))
    return (scale * ((state >> np.uint32(8)).astype(np.float64) / 2**23 - 1)).astype(np.float32)


STORED = {
    'f32': (np.float32, torch.float32),
    'f64': (np.float64, torch.float64),
    'f16': (np.float32, torch.float16),
    'bf16': (np.float32, torch.bfloat16),
    'index': (np.int64, torch.int64),
}


class Program:
    def __init__(self, case, library, data):
        self.case, self.data = case, data
        self.library = ctypes.CDLL(str(library))
        self.element = torch.float32 if case['scalar'] == 'f32' else torch.float64
        self.bytes = 4 if case['scalar'] == 'f32' else 8
        self.problems = []
        self.launches, self.worst, self.unbounded = 0, 0.0, 0

    def fail(self, what):
        self.problems.append(what)

    def function(self, name, *arguments, result=INT):
        found = getattr(self.library, name)
        found.argtypes, found.restype = arguments, result
        return found

    def array(self, offset, count, dtype):
        if count == 0:
            return np.empty(0, dtype)
        return np.frombuffer(self.data, dtype=dtype, count=count, offset=offset)

    def parameter(self, described):
        stored, kept = STORED[described['dtype']]
        count = math.prod(described['shape'])
        if 'at' in described:
            values = self.array(described['at'], count, stored)
        else:
            values = drawn(count, described['seed'], described['scale'])
        return torch.from_numpy(values.copy()).cuda().to(kept)

    def run(self, batches):
        stream = torch.cuda.Stream()
        for operator in self.case['operators']:
            with torch.cuda.stream(stream):
                params = self.pack(operator, stream)
                if params is None:
                    continue
                for mode in operator['modes']:
                    self.misuse(operator, mode, params, stream)
                    for vectors in mode['sets']:
                        self.apply(operator, mode, vectors, params, stream, batches)
                    if not params.untouched():
                        self.fail(f"{operator['name']}: something around params was written")

    def pack(self, operator, stream):
        prefix = f"sop_{operator['name']}"
        needed = self.function(f'{prefix}_params_bytes', result=SIZE)()
        room = self.function(f'{prefix}_pack_workspace_bytes', result=SIZE)()
        given = [self.parameter(each) for each in operator['parameters']]
        params, workspace = Guarded(needed), Guarded(room)
        function = self.function(f'{prefix}_pack', POINTER, *[POINTER] * len(given), POINTER, POINTER, SIZE)
        pointers = [each.data_ptr() for each in given]
        code = function(stream.cuda_stream, *pointers, params.address, workspace.address, room)
        stream.synchronize()
        if code != 0:
            return self.fail(f'{prefix}_pack gives {code}: {self.text(code)}')
        if not params.untouched() or not workspace.untouched():
            self.fail(f'{prefix}_pack writes past its memory')
        return params

    def text(self, code):
        name = self.case['module'].replace('-', '_')
        return self.function(f'sop_{name}_error', INT, result=ctypes.c_char_p)(code).decode()

    def entry(self, operator, mode):
        name = f"sop_{operator['name']}_{mode['mode']}"
        function = self.function(name, POINTER, POINTER, LONG, POINTER, LONG, LONG, POINTER, POINTER, SIZE)
        return name, function, self.function(f'{name}_workspace_bytes', LONG, result=SIZE)

    def apply(self, operator, mode, vectors, params, stream, batches):
        columns, rows, count = mode['columns'], mode['rows'], vectors['count']
        name, function, workspace_bytes = self.entry(operator, mode)
        stored = np.float32 if self.case['scalar'] == 'f32' else np.float64
        on_device = lambda key, width, dtype: torch.from_numpy(
            self.array(vectors[key], count * width, dtype).reshape(count, width).copy()).cuda()
        x = on_device('x', columns, stored)
        expected, low = on_device('expected', rows, np.float64), on_device('expectedLow', rows, np.float64)
        tolerance = on_device('tolerance', rows, np.float64)
        self.unbounded += int((~torch.isfinite(tolerance)).any(dim=1).sum())
        # Whole vectors, rows that begin anywhere, and matrices that do: the kernels are others.
        for batch in batches:
            for padding, shift in ((0, 0), (4, 0), (3, self.bytes)):
                ldx, ldy = columns + padding, rows + padding
                room = workspace_bytes(batch)
                source, target = Guarded(batch * ldx * self.bytes, shift), Guarded(batch * ldy * self.bytes, shift)
                workspace = Guarded(room)
                which = torch.arange(batch, device='cuda') % max(1, count)
                given = self.matrix(source, batch, ldx)
                given[:, :columns] = x[which]
                code = function(stream.cuda_stream, source.address, ldx, target.address, ldy, batch, params.address,
                                workspace.address, room)
                stream.synchronize()
                self.launches += 1
                what = f"{name}, {vectors['name']}s, batch {batch}, {padding} between rows"
                if code != 0:
                    self.fail(f'{what}: {code}, {self.text(code)}')
                    continue
                y = self.matrix(target, batch, ldy)
                if not (target.untouched() and workspace.untouched() and bool(torch.isnan(y[:, rows:]).all())):
                    self.fail(f'{what}: something around y or the workspace was written')
                self.compare(what, y[:, :rows], which, expected, low, tolerance)

    def matrix(self, memory, batch, distance):
        return memory.view(self.element).view(batch, distance)

    def compare(self, what, y, which, expected, low, tolerance):
        for first in range(0, len(which), 4096):
            rows = which[first:first + 4096]
            error = ((y[first:first + 4096].double() - expected[rows]) - low[rows]).abs()
            allowed = tolerance[rows]
            wrong = ~(error <= allowed)  # NaN is wrong
            wrong &= torch.isfinite(allowed) | torch.isnan(error)
            ratio = torch.where((error > 0) & torch.isfinite(allowed), error / allowed, 0.0)
            if ratio.numel() > 0:
                self.worst = max(self.worst, float(ratio.nan_to_num(nan=math.inf).max()))
            if bool(wrong.any()):
                row, column = (int(each) for each in wrong.nonzero()[0])
                value = float(y[first + row, column])
                wanted, bound = float(expected[rows[row], column]), float(allowed[row, column])
                self.fail(f'{what}: y[{first + row}, {column}] is {value}, not {wanted} within {bound}; '
                          f'{int(wrong.sum())} wrong of {wrong.numel()}')
                return

    def misuse(self, operator, mode, params, stream):
        """What is wrong is told, and nothing is launched."""
        name, function, workspace_bytes = self.entry(operator, mode)
        columns, rows = mode['columns'], mode['rows']
        room = workspace_bytes(4)
        x, y, workspace = (Guarded(size) for size in (4 * columns * self.bytes, 4 * rows * self.bytes, room))
        call = lambda a, lda, b, ldb, batch, p, w, size: function(stream.cuda_stream, a, lda, b, ldb, batch, p, w, size)
        good = (params.address, workspace.address, room)
        wrong = [('batch 0', 0, call(None, 0, None, 0, 0, None, None, 0)),
                 ('batch -1', NEGATIVE_BATCH, call(x.address, columns, y.address, rows, -1, *good))]
        if columns > 0 and rows > 0:
            wrong += [
                ('no x', NULL_POINTER, call(None, columns, y.address, rows, 4, *good)),
                ('no y', NULL_POINTER, call(x.address, columns, None, rows, 4, *good)),
                ('x between elements', MISALIGNED, call(x.address + 1, columns, y.address, rows, 4, *good)),
                ('short ldx', ROW_DISTANCE, call(x.address, columns - 1, y.address, rows, 4, *good)),
                ('short ldy', ROW_DISTANCE, call(x.address, columns, y.address, rows - 1, 4, *good)),
            ]
        if params.size > 0:
            wrong.append(('no params', NULL_POINTER,
                          call(x.address, columns, y.address, rows, 4, None, workspace.address, room)))
        if room > 0:
            wrong.append(('small workspace', SMALL_WORKSPACE,
                          call(x.address, columns, y.address, rows, 4, params.address, workspace.address, room - 1)))
        stream.synchronize()
        for what, code, found in wrong:
            # A matrix without elements has no pointer that could be wrong.
            if found != code:
                self.fail(f'{name} with {what} gives {found}, not {code}')
        if not bool((y.bytes == 0xFF).all()):
            self.fail(f'{name} writes y although the call is wrong')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('folder', type=pathlib.Path)
    arguments.add_argument('--out', type=pathlib.Path, default=pathlib.Path('report.json'))
    arguments.add_argument('--jobs', type=int, default=os.cpu_count())
    arguments.add_argument('--batches', default='1,3,17,1000,16385')
    arguments.add_argument('--only', default='')
    arguments.add_argument('--keep', type=pathlib.Path, help='a folder for the libraries, used again where they are there')
    flags = arguments.parse_args()
    batches = [int(each) for each in flags.batches.split(',')]
    folders = sorted(path.parent for path in flags.folder.glob('*/case.json') if flags.only in path.parent.name)
    major, minor = torch.cuda.get_device_capability()
    architecture = f"sm_{major}{minor}{'a' if major >= 9 else ''}"
    started = time.time()
    target = flags.keep or pathlib.Path(tempfile.mkdtemp())
    target.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(flags.jobs) as pool:
        built = list(pool.map(lambda folder: build(folder, target, architecture), folders))
    seconds_building = time.time() - started
    results = []
    for folder, (case, library, problem) in zip(folders, built):
        if library is None:
            results.append({'name': case['name'], 'problems': [f'nvcc: {problem}']})
            continue
        program = Program(case, library, (folder / 'data.bin').read_bytes())
        try:
            program.run(batches)
        except Exception as error:  # a report of the others is worth having
            program.fail(repr(error))
        results.append({'name': case['name'], 'scalar': case['scalar'], 'calls': program.launches,
                        'worst': program.worst, 'unbounded': program.unbounded, 'problems': program.problems[:20]})
        if program.problems:
            print(f"{case['name']}: {program.problems[0]}", flush=True)
    failed = [each['name'] for each in results if each['problems']]
    report = {
        'device': torch.cuda.get_device_name(),
        'architecture': architecture,
        'programs': len(results),
        'failed': failed,
        'calls': sum(each.get('calls', 0) for each in results),
        'worst': max((each.get('worst', 0) for each in results), default=0),
        'seconds': {'building': seconds_building, 'all': time.time() - started},
        'batches': batches,
        'results': results,
    }
    flags.out.write_text(json.dumps(report, indent=1))
    print(f"{report['device']}: {len(results) - len(failed)} of {len(results)} programs pass, {report['calls']} calls, "
          f"worst error {report['worst']:.3f} of the bound; {flags.out}")
    sys.exit(1 if failed or not results else 0)


if __name__ == '__main__':
    main()
