"""The same operators as others compute them: PyTorch's eager mode, its compiler, and cuBLAS."""
import functools

import torch
import torch.nn.functional as F

from timing import Contender


def plain(function):
    """A function of the inputs as what a contender binds."""
    return lambda *inputs: functools.partial(function, *inputs)


def compiled(function):
    """By torch.compile, once for each set of shapes."""
    made = torch.compile(function, dynamic=False)
    return lambda *inputs: functools.partial(made, *inputs)


# ------------------------------------------------------------------------------------------------------------- Monarch


def by_blocks(x, weights):
    """x [batch, block, in] by weights [block, out, in]: one batched product, written as [batch, block, out] at once."""
    y = x.new_empty(x.shape[0], *weights.shape[:2])
    torch.bmm(x.transpose(0, 1), weights.mT, out=y.transpose(0, 1))
    return y


class Monarch(torch.autograd.Function):
    """The published layer from its equations: with z = W1 x in blocks and u its grid transposed, y is W2 u in blocks,
    transposed back. dW2 = dv uᵀ, du = W2ᵀ dv, dW1 = dz xᵀ, dx = W1ᵀ dz. A product for each factor, a copy for each
    transposition."""

    @staticmethod
    def forward(context, x, first, second):
        batch, blocks, size = len(x), first.shape[0], first.shape[1]
        z = by_blocks(x.view(batch, blocks, size), first)
        u = z.view(batch, size, blocks).mT.contiguous()
        context.save_for_backward(x, u, first, second)
        return by_blocks(u, second).mT.reshape(batch, -1)

    @staticmethod
    def backward(context, dy):
        x, u, first, second = context.saved_tensors
        batch, blocks, size = len(x), first.shape[0], first.shape[1]
        dv = dy.view(batch, size, blocks).mT.contiguous()
        du = by_blocks(dv, second.mT)
        dz = du.mT.reshape(batch, blocks, size)
        d_second = torch.bmm(dv.permute(1, 2, 0), u.transpose(0, 1))
        d_first = torch.bmm(dz.permute(1, 2, 0), x.view(batch, blocks, size).transpose(0, 1))
        return by_blocks(dz, first.mT).view(batch, -1), d_first, d_second


def monarch_in_operations(x, first, second):
    """What torch.compile is given; also the definition, in f64."""
    batch, blocks, size = x.shape[0], first.shape[0], first.shape[1]
    z = torch.bmm(x.view(batch, blocks, size).transpose(0, 1), first.mT)
    u = z.transpose(0, 1).reshape(batch, size, blocks).permute(2, 0, 1)
    return torch.bmm(u, second.mT).permute(1, 2, 0).reshape(batch, -1)


def monarch_definition(x, first, second):
    blocks, size = first.shape[:2]
    z = torch.einsum('koi,bki->bko', first, x.view(-1, blocks, size)).reshape(-1, size, blocks)
    return torch.einsum('loi,bil->bol', second, z).reshape(len(x), -1)


def first_factor(x, first, second):
    return by_blocks(x.view(len(x), *first.shape[::2]), first).view(len(x), -1)


def first_factor_definition(x, first, second):
    return torch.einsum('koi,bki->bko', first, x.view(len(x), *first.shape[::2])).reshape(len(x), -1)


def monarch_peers(dense_draw, is_large):
    dense = Contender('dense', plain(F.linear), dense_draw, F.linear, is_heavy=is_large)
    half = Contender('one bmm', plain(first_factor), reference=first_factor_definition, is_rival=False)
    return [
        Contender('eager', plain(Monarch.apply)),
        Contender('compiled', compiled(monarch_in_operations)),
        half,
        dense,
    ]


# -------------------------------------------------------------------------------------------- a diagonal and a low rank


def diagonal_and_rank(x, d, u, v):
    return x * d + (x @ v) @ u.mT


def diagonal_and_rank_in_place(x, d, u, v):
    return (x * d).addmm_(x @ v, u.mT)


def diagonal_peers():
    return [
        Contender('eager', plain(diagonal_and_rank)),
        Contender('eager, addmm_', plain(diagonal_and_rank_in_place)),
        Contender('compiled', compiled(diagonal_and_rank)),
    ]


# ---------------------------------------------------------------------------------------------------------- reflections


def reflected(x, v):
    """One after another, for v [count, n] of any length."""
    for each in v:
        x = x - torch.outer(x @ each, each) * (2 / (each @ each))
    return x


def sequential(x, v):
    for each in v:
        x = torch.addr(x, x @ each, each, alpha=-2)
    return x


def by_wy(apply):
    """x − (x U) T Uᵀ of Schreiber and Van Loan, of unit vectors; T is made once, as our weights are packed once.

    Coefficients c = x U T obey c_i = 2 (x·u_i − Σ_{j<i} c_j u_j·u_i), so that T⁻¹ = ½ I + striu(UᵀU)."""

    def bind(x, v):
        u = F.normalize(v.double(), dim=1).mT
        identity = torch.eye(u.shape[1], dtype=u.dtype, device=u.device)
        inverse = identity / 2 + (u.mT @ u).triu(1)
        t = torch.linalg.solve_triangular(inverse, identity, upper=True)
        return functools.partial(apply, x, u.to(x.dtype), t.to(x.dtype))

    return bind


def wy(x, u, t):
    return x - ((x @ u) @ t) @ u.mT


def wy_added(x, u, t):
    return torch.addmm(x, (x @ u) @ t, u.mT, alpha=-1)


def reflection_peers():
    return [
        Contender('sequential', plain(sequential)),
        Contender('WY, addmm', by_wy(wy_added)),
        Contender('WY, subtract', by_wy(wy)),
        Contender('WY, compiled', by_wy(torch.compile(wy, dynamic=False))),
    ]


# --------------------------------------------------------------------------------------------------- structured layers


def low_rank(x, a, b):
    return F.linear(F.linear(x, a), b)


def blocks_then_dense(x, a, b):
    return F.linear(by_blocks(x.view(len(x), *a.shape[::2]), a).view(len(x), -1), b)


def blocks_then_dense_in_operations(x, a, b):
    u = torch.bmm(x.view(x.shape[0], a.shape[0], a.shape[2]).transpose(0, 1), a.mT)
    return F.linear(u.transpose(0, 1).reshape(x.shape[0], -1), b)


def layer_peers(eager, operations, dense_draw):
    dense = Contender('dense', plain(F.linear), dense_draw, F.linear, is_heavy=True)
    # Each is a large product itself: none is lighter than ours would be.
    return [
        Contender('eager', plain(eager), is_heavy=True),
        Contender('compiled', compiled(operations), is_heavy=True),
        dense,
    ]
