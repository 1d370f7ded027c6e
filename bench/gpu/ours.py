"""The operators that build.ts built, as contenders."""
import json

import torch

from library import Library, Operator
from timing import Contender

STORED = {'f32': torch.float32, 'f16': torch.float16, 'bf16': torch.bfloat16, 'f64': torch.float64}


class Built:
    """What build.ts wrote to a folder."""

    def __init__(self, folder):
        self.folder = folder
        path = folder / 'manifest.json'
        manifest = json.loads(path.read_text()) if path.exists() else {'entries': []}
        self.entries = {(each['operator'], each['dtype']): each for each in manifest['entries']}
        self.loaded = {}

    def contender(self, operator, dtype):
        return Contender('sop', lambda x, *weights: self.bind(operator, dtype, x, weights))

    def resources(self, operator, dtype):
        return self.entries.get((operator, dtype), {}).get('kernels', [])

    def load(self, operator, dtype):
        entry = self.entries.get((operator, dtype))
        if entry is None:
            raise LookupError(f'{operator} is not built for {dtype}')
        if 'problem' in entry:
            raise LookupError(f"{operator} for {dtype}: {entry['problem']}")
        if (operator, dtype) not in self.loaded:
            library = Library(self.folder / entry['library'], operator)
            self.loaded[operator, dtype] = Operator(library, operator, len(entry['parameters']))
        return entry, self.loaded[operator, dtype]

    def bind(self, operator, dtype, x, weights):
        """Packs the weights once; each call gives its output in fresh memory."""
        entry, functions = self.load(operator, dtype)
        apply = functions.mode('apply')
        params = packed(functions, entry, weights)
        batch, (columns, rows) = len(x), (entry['columns'], entry['rows'])
        room = apply.workspace_bytes(batch)
        workspace = memory(room)

        def call():
            y = torch.empty(batch, rows, dtype=x.dtype, device='cuda')
            stream = torch.cuda.current_stream().cuda_stream
            code = apply.call(stream, x.data_ptr(), columns, y.data_ptr(), rows, batch, params.data_ptr(),
                              workspace.data_ptr(), room)
            if code != 0:
                raise RuntimeError(f'{apply.name} gives {code}: {functions.library.text(code)}')
            return y

        return call


def packed(functions, entry, weights):
    parameters = zip(weights, entry['parameters'], strict=True)
    given = [value.to(STORED[each['dtype']]).contiguous() for value, each in parameters]
    params, workspace = memory(functions.params_bytes), memory(functions.pack_workspace_bytes)
    stream = torch.cuda.current_stream().cuda_stream
    pointers = [each.data_ptr() for each in given]
    code = functions.pack(stream, *pointers, params.data_ptr(), workspace.data_ptr(), functions.pack_workspace_bytes)
    if code != 0:
        raise RuntimeError(f'{functions.prefix}_pack gives {code}: {functions.library.text(code)}')
    return params


def memory(size):
    """Never none, so that it has an address."""
    return torch.empty(max(16, size), dtype=torch.uint8, device='cuda')
