/** The part of a PyTorch module that makes custom operators of kernels and modules of custom operators. */

const text = `
class _Operator:
    """One operator of the file as custom operators of PyTorch, with meta kernels and derivatives.

    Rows go through the kernels where they fit the device, else through PyTorch's own operations. The
    gradient of x is the adjoint; gradients of parameters come from PyTorch's operations.
    """

    def __init__(self, name, title, columns, rows, parameters, apply, adjoint=None):
        self.name, self.title, self.columns, self.rows = name, title, columns, rows
        self.parameters = parameters
        self.calls = {"apply": self._define("apply", columns, rows, apply)}
        if adjoint is not None:
            self.calls["adjoint"] = self._define("adjoint", rows, columns, adjoint)

    def _define(self, mode, columns, rows, reference):
        def run(x, *rest):
            *parameters, keep = rest
            kernels = _kernels(x.device, x.dtype) if x.is_cuda else None
            if kernels is not None:
                return kernels.run(self.name, mode, x, parameters, keep)
            with _plain(x.device.type):
                y = reference(x, *parameters).contiguous()
            shared = y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
            return y.clone() if shared else y

        def fake(x, *rest):
            return x.new_empty(x.shape[0], rows)

        def setup_context(ctx, inputs, output):
            *tensors, ctx.keep = inputs
            ctx.save_for_backward(*tensors)

        def backward(ctx, grad):
            x, *parameters = ctx.saved_tensors
            needed, grads = list(ctx.needs_input_grad), [None] * len(ctx.needs_input_grad)
            back = self.calls.get("adjoint" if mode == "apply" else "apply")
            if needed[0] and back is not None:
                grads[0], needed[0] = back(grad, *parameters, ctx.keep), False
            wanted = [k for k, is_needed in enumerate(needed) if is_needed]
            if wanted:
                found = _pull_back(reference, [x, *parameters], wanted, grad)
                for k, each in zip(wanted, found):
                    grads[k] = each
            return tuple(grads)

        name = f"{self.name}_{mode}"
        taken = "".join(f", Tensor {each}" for each in self.parameters)
        schema = f"(Tensor x{taken}, bool keep) -> Tensor"
        made = torch.library.custom_op(f"{_SPACE}::{name}", run, mutates_args=(), schema=schema)
        made.register_fake(fake)
        made.register_autograd(backward, setup_context=setup_context)
        return getattr(getattr(torch.ops, _SPACE), name).default

    def __call__(self, x, parameters, keep_packed):
        if x.dim() == 0 or x.shape[-1] != self.columns:
            raise ValueError(f"{self.name} takes [..., {self.columns}], not {list(x.shape)}")
        given = []
        for (name, shape), value in zip(self.parameters.items(), parameters):
            if not isinstance(value, Tensor):
                value = torch.as_tensor(value, device=x.device)
            if tuple(value.shape) != shape:
                wanted = f"{name} is {list(shape)}"
                raise ValueError(f"{self.name}: {wanted}, not {list(value.shape)}")
            if value.device != x.device:
                raise ValueError(f"{self.name}: {name} is on {value.device}, x on {x.device}")
            given.append(value)
        kind = x.device.type
        if x.dtype != torch.float64 and kind in _AUTOCAST and torch.is_autocast_enabled(kind):
            x = x.to(torch.get_autocast_dtype(kind))
        rows = x.unsqueeze(0) if x.dim() == 1 else x.flatten(0, -2)
        y = self.calls["apply"](rows, *given, keep_packed)
        return y.reshape(*x.shape[:-1], self.rows)


# Of the kinds of devices; asked once, since compiled code cannot ask.
_AUTOCAST = [each for each in ("cuda", "cpu", "mps", "xpu") if torch.amp.is_autocast_available(each)]


def _plain(kind):
    """Operations in the numbers that they are given."""
    return torch.autocast(kind, enabled=False) if kind in _AUTOCAST else contextlib.nullcontext()


def _pull_back(reference, tensors, wanted, grad):
    """Gradients of some of the tensors that a reference reads, by PyTorch's own operations."""
    again = torch.is_grad_enabled()  # a derivative of this derivative is asked for
    with torch.enable_grad(), _plain(grad.device.type):
        given = [each if again else each.detach() for each in tensors]
        for k in wanted:
            given[k] = given[k].view_as(given[k]) if again else given[k].requires_grad_()
        y = reference(*given)
        inputs = [given[k] for k in wanted]
        return torch.autograd.grad(y, inputs, grad, create_graph=again, allow_unused=True)


class _Module(nn.Module):
    """An operator with its parameters. Their names, here and in state dicts, are those of the source."""

    _operator: _Operator
    # Of indices: what they are below, and whether each comes once along the last axis.
    _indices: dict = {}
    # The tensors of published checkpoints that fill parameters, and whether they are transposed.
    _published: dict = {}

    def __init__(self, seed):
        super().__init__()
        self.seed = seed

    def _declare(self, name, shape, device, dtype, learned=True):
        value = torch.empty(shape, device=device, dtype=dtype)
        if learned:
            self.register_parameter(name, nn.Parameter(value))
        else:
            self.register_buffer(name, value)

    def extra_repr(self) -> str:
        return f"{self._operator.title}, {self._operator.columns} -> {self._operator.rows}"

    def _keeps(self):
        return not self.training and not torch.is_grad_enabled()

    def repack(self) -> None:
        """Packs the weights again at the next call.

        In evaluation without gradients packed weights are kept until a parameter changes. What PyTorch
        does not count as a change (writes through .data, replayed CUDA graphs) needs this, or train().
        """
        for each in [*self.parameters(recurse=False), *self.buffers(recurse=False)]:
            _kept.pop(each, None)

    def train(self, mode: bool = True):
        self.repack()
        return super().train(mode)

    def _apply(self, *given, **options):
        self.repack()
        return super()._apply(*given, **options)

    def _load_from_state_dict(self, state, prefix, metadata, strict, missing, unexpected, errors):
        for name, (published, is_transposed) in self._published.items():
            if prefix + name not in state and prefix + published in state:
                value = state.pop(prefix + published)
                state[prefix + name] = value.mT if is_transposed else value
        super()._load_from_state_dict(state, prefix, metadata, strict, missing, unexpected, errors)
        for name, (limit, is_permutation) in self._indices.items():
            value = state.get(prefix + name)
            if value is None or value.is_meta or value.numel() == 0:
                continue
            if value.min() < 0 or value.max() >= limit:
                errors.append(f"{prefix}{name} holds indices outside 0..{limit - 1}")
            elif is_permutation and (value.sort(-1).values.diff() != 1).any():
                errors.append(f"{prefix}{name} is no permutation of 0..{limit - 1}")


@torch.no_grad()
def _set(target, values):
    target.copy_(values)
`;

export const operatorText: readonly string[] = text.trim().split('\n');
