"""How long a function takes on the GPU, so that two functions can be compared.

* A contender's calls are recorded in a CUDA graph whose replay lies between two events, long enough that what a replay
  costs by itself is lost in it. The GPU is kept waiting while the replay is put into its queue.
* Calls walk over as many sets of inputs, weights and outputs as take more than twice the second-level cache together:
  a time is one from memory, as it is within a network.
* All contenders of a row are measured in one process and take turns, each round in another order; medians are compared,
  and the 10th and 90th percentile tell how much they mean. What would lower the clock for those after it (a large dense
  product) is measured once the others are done.
* The first call of each is compared with f64 before anything is timed; one that is wrong is not timed.
"""
import math
import statistics
from dataclasses import dataclass, field
from typing import Callable

import torch

GRAPH_MS = 2.0
MOST_SETS = 1500
MOST_MS_OF_ROUNDS = 600.0
WAIT_CYCLES = 1_500_000


@dataclass(frozen=True)
class Contender:
    """`bind(*inputs)` gives a function without arguments that computes the row's output on them."""

    name: str
    bind: Callable
    draw: Callable | None = None  # other inputs than the row's
    reference: Callable | None = None  # of those inputs, on some rows of x, in f64
    is_rival: bool = True  # does all of the work of the row
    is_heavy: bool = False  # lowers the clock


@dataclass
class Measured:
    name: str
    problem: str | None = None
    error: float | None = None
    times: list = field(default_factory=list)
    is_rival: bool = True

    @property
    def ms(self):
        return statistics.median(self.times) if self.times else None

    def percentile(self, fraction):
        return sorted(self.times)[round(fraction * (len(self.times) - 1))]


def elapsed_ms(launch, wait=WAIT_CYCLES):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    if wait:
        torch.cuda._sleep(wait)
    start.record()
    launch()
    end.record()
    end.synchronize()
    return start.elapsed_time(end)


def bytes_of(tensors):
    return sum(each.numel() * each.element_size() for each in tensors)


def recorded(calls, count):
    """A graph of `count` calls, in turn. Each call's output lives until its next, so that no two share memory."""
    graph, outputs = torch.cuda.CUDAGraph(), {}
    with torch.cuda.graph(graph):
        for k in range(count):
            outputs.pop(k % len(calls), None)
            outputs[k % len(calls)] = calls[k % len(calls)]()
    return graph, outputs


def relative_error(output, rows, expected):
    """Over the rows that are compared; infinite where any number of the output is none."""
    if not bool(torch.isfinite(output).all()):
        return math.inf
    return float((output[rows].double() - expected).norm() / expected.norm())


class Prepared:
    """A contender that is checked, warm and recorded."""

    def __init__(self, contender, row, drawn, l2_bytes):
        draw, reference = contender.draw or row.draw, contender.reference or row.reference
        sets = drawn.setdefault(draw, [])
        if not sets:
            sets.append(draw())
        call = contender.bind(*sets[0])
        for _ in range(3):
            output = call()
        x, *weights = sets[0]
        rows = sampled(len(x))
        expected = reference(x[rows].double(), *(each.double() for each in weights))
        self.error = relative_error(output, rows, expected)
        del expected
        if not self.error <= row.tolerance:
            raise ArithmeticError(f'wrong: relative error {self.error:.1e}')
        each = bytes_of(sets[0]) + bytes_of([output])
        count = 1 if each > 2 * l2_bytes else min(MOST_SETS, 2 * l2_bytes // each + 1)
        while len(sets) < count:
            sets.append(draw())
        calls = [call, *(contender.bind(*inputs) for inputs in sets[1:count])]
        one_ms = min(elapsed_ms(call) for _ in range(3))
        self.calls = len(calls) * math.ceil(max(1.0, GRAPH_MS / one_ms) / len(calls))
        self.rounds = max(4, int(MOST_MS_OF_ROUNDS / (one_ms * self.calls)))
        self.graph, self.outputs = recorded(calls, self.calls)
        self.kept, self.name, self.is_rival = calls, contender.name, contender.is_rival
        self.is_heavy = contender.is_heavy

    def time(self):
        return elapsed_ms(self.graph.replay, WAIT_CYCLES + 5000 * self.calls) / self.calls


def sampled(batch):
    """Places of the rows that are compared: all of few, else both ends and some between."""
    if batch <= 256:
        return torch.arange(batch, device='cuda')
    ends = [torch.arange(64), torch.arange(batch - 64, batch), torch.randint(64, batch - 64, (128,))]
    return torch.cat(ends).cuda()


def measure(row, rounds, l2_bytes):
    """All contenders of a row, in the order of the row."""
    drawn, ready, results = {}, [], []
    for contender in row.contenders:
        result = Measured(contender.name, is_rival=contender.is_rival)
        results.append(result)
        try:
            prepared = Prepared(contender, row, drawn, l2_bytes)
            result.error = prepared.error
            ready.append((prepared, result))
        except Exception as problem:  # one contender's failure is a line of the report
            result.problem = f'{type(problem).__name__}: {problem}'.splitlines()[0][:200]
            torch.cuda.synchronize()  # raises where the GPU is out of order, and all after it would mean nothing
    for heavy in (False, True):
        turn = [each for each in ready if each[0].is_heavy == heavy]
        for round_number in range(rounds + 1):
            shift = round_number % max(1, len(turn))
            for prepared, result in turn[shift:] + turn[:shift]:
                if round_number > prepared.rounds:
                    continue
                ms = prepared.time()
                if round_number > 0:  # a graph is uploaded with its first replay
                    result.times.append(ms)
    return results
