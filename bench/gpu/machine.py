"""What the GPU at hand can do at most: floors are made of these numbers."""
import statistics
from dataclasses import dataclass

import torch

from timing import elapsed_ms, recorded

COPIED_BYTES = 2**31
PRODUCT = 8192
UNITS = {'f16': torch.float16, 'bf16': torch.bfloat16, 'tf32': torch.float32, 'f32': torch.float32}


@dataclass
class Machine:
    name: str
    l2_bytes: int
    multiprocessors: int
    copies: dict  # bytes moved a second, by the way of copying
    rates: dict  # operations a second of a large product, by format

    @property
    def copy_bandwidth(self):
        return max(self.copies.values())

    def floors_ms(self, row):
        """Bytes that must move, and operations that must be done."""
        return 1e3 * row.bytes / self.copy_bandwidth, 1e3 * row.flops / self.rates[row.dtype]

    def described(self):
        return {
            'name': self.name,
            'multiprocessors': self.multiprocessors,
            'l2Bytes': self.l2_bytes,
            'copyBytesPerSecond': self.copies,
            'flopsPerSecond': self.rates,
            'torch': torch.__version__,
            'cuda': torch.version.cuda,
        }


def use_precision(dtype):
    """Whether products of f32 may be computed in tf32."""
    torch.set_float32_matmul_precision('high' if dtype == 'tf32' else 'highest')


def measured_machine(dtypes, rounds=7):
    properties = torch.cuda.get_device_properties(0)
    copies = copy_rates(rounds)
    rates = {dtype: product_rate(dtype, rounds) for dtype in dtypes}
    return Machine(properties.name, properties.L2_cache_size, properties.multi_processor_count, copies, rates)


def copy_rates(rounds):
    """Three ways, since a copy that a graph holds may be done by a copy engine, slower than a kernel."""
    source = torch.empty(COPIED_BYTES // 4, dtype=torch.float32, device='cuda').uniform_(-1, 1)
    target = torch.empty_like(source)
    copied, outputs = recorded([lambda: target.copy_(source)], 1)
    negated, others = recorded([lambda: torch.neg(source, out=target)], 1)
    ways = {'copy': lambda: target.copy_(source), 'copy in a graph': copied.replay, 'kernel in a graph': negated.replay}
    times = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, launch in ways.items():
            times[name].append(elapsed_ms(launch))
    return {name: 2 * COPIED_BYTES / (1e-3 * statistics.median(each[1:])) for name, each in times.items()}


def product_rate(dtype, rounds):
    use_precision(dtype)
    a, b = (torch.randn(PRODUCT, PRODUCT, device='cuda').to(UNITS[dtype]) for _ in range(2))
    torch.mm(a, b)
    graph, outputs = recorded([lambda: torch.mm(a, b)], 1)
    times = [elapsed_ms(graph.replay) for _ in range(rounds + 1)]
    return 2 * PRODUCT**3 / (1e-3 * statistics.median(times[1:]))
