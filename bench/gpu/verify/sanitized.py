"""The programs of one unit in memory that is exactly as large as they need and that nobody has written, for NVIDIA's
compute-sanitizer: memcheck then sees every access outside, initcheck every read of what is not there.

    compute-sanitizer --tool initcheck python3 sanitized.py FOLDER LIBRARY [--batches 3,17]

Needs no torch: memory is taken from the driver, so that no kernel runs but ours. Results are held to their bounds.
"""
import argparse
import ctypes
import pathlib
import sys

import numpy as np

from cases import BYTES, FILED, Unit

STORED = {'f64': np.float64, 'f32': np.float32, 'f16': np.float16, 'index': np.int64}


class Driver:
    """As much of the driver as it takes; the kernels use the same primary context."""

    def __init__(self):
        self.library = ctypes.CDLL('libcuda.so.1')
        self.do('cuInit', ctypes.c_uint(0))
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self.do('cuDeviceGet', ctypes.byref(device), ctypes.c_int(0))
        self.do('cuDevicePrimaryCtxRetain', ctypes.byref(context), device)
        self.do('cuCtxSetCurrent', context)

    def do(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code != 0:
            raise RuntimeError(f'{name} gives {code}')


class Memory:
    """At least a byte, so that it has an address; `shift` bytes off its alignment."""

    def __init__(self, driver, size, shift=0):
        self.driver, self.base, self.shift = driver, ctypes.c_uint64(), shift
        driver.do('cuMemAlloc_v2', ctypes.byref(self.base), ctypes.c_size_t(max(1, size) + shift))

    @property
    def address(self):
        return self.base.value + self.shift

    def write(self, offset, array):
        if array.nbytes > 0:
            place = ctypes.c_uint64(self.address + offset)
            source = array.ctypes.data_as(ctypes.c_void_p)
            self.driver.do('cuMemcpyHtoD_v2', place, source, ctypes.c_size_t(array.nbytes))

    def read(self, offset, array):
        if array.nbytes > 0:
            place = ctypes.c_uint64(self.address + offset)
            target = array.ctypes.data_as(ctypes.c_void_p)
            self.driver.do('cuMemcpyDtoH_v2', target, place, ctypes.c_size_t(array.nbytes))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.driver.do('cuMemFree_v2', self.base)


def to_stored(values, format):
    """bf16 as its bits: what is given is exact in it."""
    if format == 'bf16':
        return np.ascontiguousarray((values.view(np.uint32) >> np.uint32(16)).astype(np.uint16))
    return np.ascontiguousarray(values.astype(STORED[format]))


def from_stored(values, format):
    wide = (values.astype(np.uint32) << np.uint32(16)).view(np.float32) if format == 'bf16' else values
    return wide.astype(np.float64)


def run(unit, case, batches, driver):
    """What is wrong, in words."""
    for operator, functions in unit.operators(case):
        given = [to_stored(unit.parameter(each).copy(), each['dtype']) for each in operator['parameters']]
        memories = [Memory(driver, each.nbytes) for each in given]
        room = functions.pack_workspace_bytes
        with Memory(driver, functions.params_bytes) as params:
            with Memory(driver, room) as workspace:
                for memory, values in zip(memories, given, strict=True):
                    memory.write(0, values)
                pointers = [memory.address for memory in memories]
                code = functions.pack(None, *pointers, params.address, workspace.address, room)
                driver.do('cuCtxSynchronize')
            for memory in memories:
                memory.__exit__()
            if code != 0:
                yield f'{functions.prefix}_pack gives {code}'
                continue
            for mode in operator['modes']:
                for batch in batches:
                    for padding, shift in ((0, 0), (3, 1)):
                        yield from apply(unit, case, functions, mode, batch, padding, shift, params, driver)


def apply(unit, case, functions, mode, batch, padding, shift, params, driver):
    entry, format = functions.mode(mode['mode']), case['format']
    columns, rows, size = mode['columns'], mode['rows'], BYTES[format]
    ldx, ldy, shift = columns + padding, rows + padding, shift * size
    room = entry.workspace_bytes(batch)
    vectors = mode['sets'][-1]  # random ones
    x = to_stored(unit.matrix(vectors, 'x', columns, FILED[format]).copy(), format)
    # No distance follows the last row.
    sizes = [((batch - 1) * ldx + columns) * size, ((batch - 1) * ldy + rows) * size]
    with Memory(driver, sizes[0], shift) as source, Memory(driver, sizes[1], shift) as target:
        for row in range(batch):
            source.write(row * ldx * size, x[row % len(x)])
        with Memory(driver, room) as workspace:
            code = entry.call(None, source.address, ldx, target.address, ldy, batch, params.address,
                              workspace.address, room)
            driver.do('cuCtxSynchronize')
        what = f'{entry.name}, batch {batch}, {padding} between rows'
        if code != 0:
            yield f'{what}: {code}, {functions.library.text(code)}'
            return
        keys = ('expected', 'expectedLow', 'tolerance')
        expected, low, tolerance = (unit.matrix(vectors, key, rows) for key in keys)
        y = np.empty(rows, np.uint16 if format == 'bf16' else STORED[format])
        for row in range(batch):
            target.read(row * ldy * size, y)
            at = row % len(x)
            with np.errstate(invalid='ignore', over='ignore'):
                error = np.abs((from_stored(y, format) - expected[at]) - low[at])
            wrong = ~(error <= tolerance[at]) & np.isfinite(tolerance[at])
            if wrong.any():
                yield f'{what}: row {row}, {int(wrong.sum())} wrong of {rows}'
                return


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('folder', type=pathlib.Path)
    arguments.add_argument('library', type=pathlib.Path)
    arguments.add_argument('--batches', default='3,17')
    flags = arguments.parse_args()
    unit, driver = Unit(flags.folder, flags.library), Driver()
    batches = [int(each) for each in flags.batches.split(',')]
    problems = [f"{case['name']}: {each}" for case in unit.cases for each in run(unit, case, batches, driver)]
    print('\n'.join(problems))
    print(f'{len(unit.cases)} programs ran')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
