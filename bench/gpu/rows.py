"""What is measured: an operator of rows.sop, in a format, at a batch, with its peers and what it must do at least."""
import math
from dataclasses import dataclass
from typing import Callable

import torch
import torch.nn.functional as F

import peers
from machine import UNITS

LARGE = 16384
MONARCHS = ((768, 4), (960, 24), (1024, 4), (1024, 32), (1536, 12), (2048, 32), (3072, 48), (4096, 4), (4096, 64),
            (5000, 40), (16384, 128))
SMALL_MONARCHS = ((1024, 32), (4096, 64))
SMALL_BATCHES = (1, 32, 256)
REFLECTIONS = ((1024, 32, 16384), (4096, 64, 4096))
LAYERS = ((1024, 4096, 512), (2048, 8192, 1024))
GROUPS = 4
# Of the norm: intermediate values rounded to the format, some factors of them. A wrong kernel is off by about 1.
TOLERANCES = {'f32': 2e-5, 'tf32': 3e-3, 'f16': 5e-3, 'bf16': 4e-2}


@dataclass(frozen=True)
class Row:
    name: str
    operator: str
    dtype: str
    draw: Callable  # (x, *weights), in the order of the operator's parameters
    reference: Callable  # of some rows of x and the weights, in f64
    bytes: int  # x and the weights read once, y written once
    flops: int  # of the structured algorithm
    contenders: list

    @property
    def tolerance(self):
        return TOLERANCES[self.dtype]


def normal(dtype, *shape, scale=1.0):
    return torch.randn(*shape, device='cuda').mul_(scale).to(UNITS[dtype])


def matrix(dtype, *shape):
    """So that what comes out is about as large as what goes in."""
    return normal(dtype, *shape, scale=shape[-1] ** -0.5)


def moved(dtype, elements):
    return elements * UNITS[dtype].itemsize


def monarch(n, blocks, dtype, batch, ours):
    size = n // blocks
    weights = (blocks, size, size)
    operator = f'monarch_{n}_{blocks}'
    dense = lambda: (normal(dtype, batch, n), matrix(dtype, n, n))
    return Row(
        name=f'monarch {n}/{blocks} {dtype} batch {batch}',
        operator=operator,
        dtype=dtype,
        draw=lambda: (normal(dtype, batch, n), matrix(dtype, *weights), matrix(dtype, *weights)),
        reference=peers.monarch_definition,
        bytes=moved(dtype, 2 * batch * n + 2 * math.prod(weights)),
        flops=4 * batch * n * size,
        contenders=[ours.contender(operator, dtype), *peers.monarch_peers(dense, batch >= 1024)],
    )


def diagonal(n, rank, dtype, batch, ours):
    operator = f'diag_lowrank_{n}_{rank}'
    factors = lambda: (normal(dtype, n, rank, scale=rank**-0.5), normal(dtype, n, rank, scale=n**-0.5))
    return Row(
        name=f'diagonal + rank {rank} n {n} {dtype} batch {batch}',
        operator=operator,
        dtype=dtype,
        draw=lambda: (normal(dtype, batch, n), normal(dtype, n), *factors()),
        reference=peers.diagonal_and_rank,
        bytes=moved(dtype, 2 * batch * n + n + 2 * n * rank),
        flops=4 * batch * n * rank + 2 * batch * n,
        contenders=[ours.contender(operator, dtype), *peers.diagonal_peers()],
    )


def reflections(n, count, dtype, batch, ours):
    operator = f'householders_{n}_{count}'
    unit = lambda: F.normalize(torch.randn(count, n, device='cuda'), dim=1).to(UNITS[dtype])
    return Row(
        name=f'{count} reflections n {n} {dtype} batch {batch}',
        operator=operator,
        dtype=dtype,
        draw=lambda: (normal(dtype, batch, n), unit()),
        reference=peers.reflected,
        bytes=moved(dtype, 2 * batch * n + n * count),
        flops=4 * batch * n * count,
        contenders=[ours.contender(operator, dtype), *peers.reflection_peers()],
    )


def layer(kind, features, out, rank, dtype, batch, ours):
    operator = f'ffn_{kind}_{features}_{out}_{rank}'
    first = (rank, features) if kind == 'lowrank' else (GROUPS, rank // GROUPS, features // GROUPS)
    elements = math.prod(first) + out * rank
    eager, operations = {
        'lowrank': (peers.low_rank, peers.low_rank),
        'blockdense': (peers.blocks_then_dense, peers.blocks_then_dense_in_operations),
    }[kind]
    dense = lambda: (normal(dtype, batch, features), matrix(dtype, out, features))
    return Row(
        name=f'ffn {kind} {features}->{out} rank {rank} {dtype} batch {batch}',
        operator=operator,
        dtype=dtype,
        draw=lambda: (normal(dtype, batch, features), matrix(dtype, *first), matrix(dtype, out, rank)),
        reference=operations,
        bytes=moved(dtype, batch * (features + out) + elements),
        flops=2 * batch * elements,
        contenders=[ours.contender(operator, dtype), *peers.layer_peers(eager, operations, dense)],
    )


def all_rows(dtypes, ours):
    """Large batches first: they are what most is asked of."""
    for dtype in dtypes:
        for n, blocks in MONARCHS:
            yield monarch(n, blocks, dtype, LARGE, ours)
        for n, blocks in SMALL_MONARCHS:
            for batch in SMALL_BATCHES:
                yield monarch(n, blocks, dtype, batch, ours)
        yield diagonal(1024, 16, dtype, LARGE, ours)
        for n, count, batch in REFLECTIONS:
            yield reflections(n, count, dtype, batch, ours)
        for kind in ('lowrank', 'blockdense'):
            for features, out, rank in LAYERS:
                yield layer(kind, features, out, rank, dtype, LARGE, ours)
