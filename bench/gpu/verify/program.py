"""One program on the GPU: its parameters are packed, then every mode runs on every set of vectors, repeated to fill the
batch, with rows that lie apart and begin at odd places. Outputs, workspaces and packed weights start as NaN, and what
lies around them must stay it. Every number is compared with its bound. torch serves for memory and comparisons only."""
import math

import torch

from cases import BYTES, FILED, MISALIGNED, NEGATIVE_BATCH, NULL_POINTER, ROW_DISTANCE, SMALL_WORKSPACE

GUARD = 1024  # bytes around every buffer that nothing may touch
ELEMENTS = {'f32': torch.float32, 'f64': torch.float64, 'f16': torch.float16, 'bf16': torch.bfloat16,
            'index': torch.int64}


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


class Program:
    def __init__(self, unit, case):
        self.unit, self.case = unit, case
        self.element, self.bytes = ELEMENTS[case['format']], BYTES[case['format']]
        self.filed = FILED[case['format']]
        self.problems = []
        self.calls, self.worst, self.unbounded = 0, 0.0, 0

    def fail(self, what):
        self.problems.append(what)

    def run(self, batches):
        stream = torch.cuda.Stream()
        for operator, functions in self.unit.operators(self.case):
            with torch.cuda.stream(stream):
                params = self.pack(operator, functions, stream)
                if params is None:
                    continue
                for mode in operator['modes']:
                    self.misuse(functions, mode, params, stream)
                    for vectors in mode['sets']:
                        self.apply(functions, mode, vectors, params, stream, batches)
                    if not params.untouched():
                        self.fail(f"{operator['name']}: something around params was written")

    def pack(self, operator, functions, stream):
        given = [torch.from_numpy(self.unit.parameter(each).copy()).cuda().to(ELEMENTS[each['dtype']])
                 for each in operator['parameters']]
        room = functions.pack_workspace_bytes
        params, workspace = Guarded(functions.params_bytes), Guarded(room)
        pointers = [each.data_ptr() for each in given]
        code = functions.pack(stream.cuda_stream, *pointers, params.address, workspace.address, room)
        stream.synchronize()
        if code != 0:
            return self.fail(f'{functions.prefix}_pack gives {code}: {functions.library.text(code)}')
        if not params.untouched() or not workspace.untouched():
            self.fail(f'{functions.prefix}_pack writes past its memory')
        return params

    def apply(self, functions, mode, vectors, params, stream, batches):
        columns, rows, count = mode['columns'], mode['rows'], vectors['count']
        entry = functions.mode(mode['mode'])
        on_device = lambda key, width: torch.from_numpy(self.unit.matrix(vectors, key, width).copy()).cuda()
        x = torch.from_numpy(self.unit.matrix(vectors, 'x', columns, self.filed).copy()).cuda().to(self.element)
        expected, low, tolerance = (on_device(key, rows) for key in ('expected', 'expectedLow', 'tolerance'))
        self.unbounded += int((~torch.isfinite(tolerance)).any(dim=1).sum())
        # Rows at whole vectors without and with a distance, rows that begin anywhere: the kernels are others.
        for batch in batches:
            for padding, shift in ((0, 0), (16 // self.bytes, 0), (3, self.bytes)):
                ldx, ldy = columns + padding, rows + padding
                room = entry.workspace_bytes(batch)
                source, target = Guarded(batch * ldx * self.bytes, shift), Guarded(batch * ldy * self.bytes, shift)
                workspace = Guarded(room)
                which = torch.arange(batch, device='cuda') % max(1, count)
                self.matrix(source, batch, ldx)[:, :columns] = x[which]
                code = entry.call(stream.cuda_stream, source.address, ldx, target.address, ldy, batch, params.address,
                                  workspace.address, room)
                stream.synchronize()
                self.calls += 1
                what = f"{entry.name}, {vectors['name']}s, batch {batch}, {padding} between rows"
                if code != 0:
                    self.fail(f'{what}: {code}, {functions.library.text(code)}')
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
            # NaN is wrong, but where numbers may leave the format: infinities have it for a difference.
            wrong = ~(error <= allowed) & (torch.isfinite(allowed) | torch.isnan(error) & (self.bytes > 2))
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

    def misuse(self, functions, mode, params, stream):
        """What is wrong is told, and nothing is launched."""
        entry = functions.mode(mode['mode'])
        columns, rows = mode['columns'], mode['rows']
        room = entry.workspace_bytes(4)
        x, y, workspace = (Guarded(size) for size in (4 * columns * self.bytes, 4 * rows * self.bytes, room))
        call = lambda *arguments: entry.call(stream.cuda_stream, *arguments)
        good = (params.address, workspace.address, room)
        wrong = [('batch 0', 0, call(None, 0, None, 0, 0, None, None, 0)),
                 ('batch -1', NEGATIVE_BATCH, call(x.address, columns, y.address, rows, -1, *good))]
        if columns > 0 and rows > 0:  # a matrix without elements has no pointer that could be wrong
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
            if found != code:
                self.fail(f'{entry.name} with {what} gives {found}, not {code}')
        if not bool((y.bytes == 0xFF).all()):
            self.fail(f'{entry.name} writes y although the call is wrong')


def verify(unit, batches):
    """A result for each program of a unit."""
    for case in unit.cases:
        program = Program(unit, case)
        try:
            program.run(batches)
        except Exception as error:  # a report of the others is worth having
            program.fail(repr(error))
        yield {'name': case['name'], 'format': case['format'], 'calls': program.calls, 'worst': program.worst,
               'unbounded': program.unbounded, 'problems': program.problems[:20]}
