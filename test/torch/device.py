"""Checks of generated modules on an NVIDIA GPU: prints a table. Run by hand, since most machines have none.

    python device.py FOLDER [CHECK...]

FOLDER holds what test/torch/forDevice.ts writes: modules with their kernels, and cases.json.
"""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path

import torch

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
torch.manual_seed(0)
torch.backends.cuda.matmul.allow_tf32 = False
cuda = torch.device("cuda", 0)
formats = {torch.float32: 1e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}
checks = {}


def check(function):
    checks[function.__name__] = function
    return function


def error(made, expected):
    expected = expected.detach().double()
    size = max(expected.norm().item(), 1e-30)
    return ((made.detach().double() - expected).norm() / size).item()


def near(made, expected, tolerance, what):
    off = error(made, expected)
    assert off <= tolerance, f"{what}: off by {off:.3g}, allowed {tolerance:.3g}"
    return off


class Case:
    def __init__(self, case):
        self.name = f"{case['module']}.{case['operator']}"
        self.python = importlib.import_module(case["module"])
        self.function = getattr(self.python, case["operator"])
        self.operator = getattr(self.python, f"_{case['operator']}")
        self.x = torch.tensor(case["x"], dtype=torch.float64).reshape(-1, self.operator.columns)
        self.values = []
        own = list(case["parameters"].values())
        for values, shape in zip(own, self.operator.parameters.values()):
            value = torch.tensor(values, dtype=torch.float64).reshape(shape)
            is_index = bool(values) and all(float(each).is_integer() for each in values)
            is_sign = is_index and min(values) < 0
            self.values.append(value.long() if is_index and not is_sign else value)


def cases():
    return [Case(each) for each in json.loads((folder / "cases.json").read_text())]


def layer(module, name, **options):
    return getattr(importlib.import_module(module), name)(device=cuda, **options)


def reference(made, x):
    """The same module in double precision, which PyTorch's own operations compute."""
    other = type(made)(device=cuda, dtype=torch.float64)
    other.load_state_dict(
        {
            name: value.double() if value.is_floating_point() else value
            for name, value in made.state_dict().items()
        }
    )
    return other(x.double())


@check
def graphs():
    """A recorded forward follows its input and its parameters; a recorded training step lowers its loss."""
    made = layer("large_monarch", "Monarch1k").eval()
    x = torch.randn(50, 1024, device=cuda)
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad():
        made(x)
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            y = made(x)
        for _ in range(2):
            x.normal_()
            made.L.normal_(std=0.2)
            graph.replay()
            near(y, reference(made, x), 1e-5, "a replay")
    # Nothing of it was loaded before it is recorded.
    other = layer("large_ffn", "Lowrank").eval()
    rows = torch.randn(5, 768, device=cuda)
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad():
        with torch.cuda.graph(graph):
            y = other(rows)
        graph.replay()
        near(y, reference(other, rows), 1e-5, "recorded at first use")
    made.train()
    target = torch.randn(50, 1024, device=cuda)
    optimiser = torch.optim.SGD(made.parameters(), lr=0.05)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss = (made(x) - target).square().mean()
        loss.backward()
        optimiser.step()
        return loss

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()
    graph.replay()
    before = loss.item()
    for _ in range(50):
        graph.replay()
    assert loss.item() < before, (before, loss.item())
    return f"loss {before:.4f} -> {loss.item():.4f}"


@check
def numbers():
    """Every case in every format, and its adjoint."""
    worst = {dtype: (0, "") for dtype in formats}
    for case in cases():
        for dtype, tolerance in formats.items():
            assert case.python._kernels(cuda, dtype) is not None, "no kernels are loaded"
            given = [each.to(cuda) for each in case.values]
            stored = [each.float() if each.is_floating_point() else each for each in given]
            for batch in (1, 3, 37):
                x = case.x.repeat(-(-batch // 3), 1)[:batch].to(cuda, dtype)
                off = error(case.function(x, *stored), case.function(x.double(), *given))
                worst[dtype] = max(worst[dtype], (off, case.name))
                if "adjoint" in case.operator.calls:
                    back = case.operator.calls["adjoint"]
                    y = case.function(x.double(), *given)
                    off = error(
                        back(y.to(dtype), *stored, False), back(y.to(dtype).double(), *given, False)
                    )
                    worst[dtype] = max(worst[dtype], (off, f"{case.name}, adjoint"))
    text = ", ".join(f"{str(dtype)[6:]} {off:.2g} ({name})" for dtype, (off, name) in worst.items())
    for dtype, (off, name) in worst.items():
        assert off <= formats[dtype], text
    return text


large = (
    ("large_monarch", "Monarch1k"),
    ("large_monarch", "Monarch768"),
    ("large_ffn", "Swiglu4"),
    ("large_ffn", "Blockshuffle2"),
)


@check
def batches():
    """Large operators: odd batches, leading axes, rows and columns that lie apart."""
    worst = 0
    for module, name in large:
        made = layer(module, name).eval()
        width = made._operator.columns
        with torch.no_grad():
            for dtype, tolerance in formats.items():
                for batch in (0, 1, 2, 5, 33, 129, 1001):
                    x = torch.randn(batch, width, device=cuda).to(dtype)
                    y = made(x)
                    assert y.shape == (batch, made._operator.rows) and y.dtype == dtype
                    worst = max(
                        worst,
                        near(y, reference(made, x), tolerance, f"{name}, {batch} rows") / tolerance,
                    )
                x = torch.randn(3, 5, width, device=cuda).to(dtype)
                assert made(x).shape == (3, 5, made._operator.rows)
                rows = torch.randn(9, width + 5, device=cuda).to(dtype)
                for apart in (
                    rows[:, 3 : width + 3],
                    rows[:, :width],
                    torch.randn(width, 9, device=cuda).to(dtype).mT,
                    x[0, :1].expand(9, width),
                ):
                    worst = max(
                        worst,
                        near(made(apart), reference(made, apart), tolerance, f"{name}, rows apart")
                        / tolerance,
                    )
    return f"worst is {worst:.2g} of what is allowed"


@check
def operators():
    """torch.library.opcheck."""
    for module, name in large[1:3]:
        for dtype in (torch.float32, torch.bfloat16):
            made = layer(module, name)
            x = torch.randn(6, made._operator.columns, device=cuda).to(dtype).requires_grad_()
            torch.library.opcheck(made._operator.calls["apply"], (x, *made.parameters(), False))


@check
def gradients():
    worst = 0
    for module, name in large:
        made = layer(module, name)
        other = type(made)(device=cuda, dtype=torch.float64)
        other.load_state_dict({key: value.double() for key, value in made.state_dict().items()})
        x = torch.randn(64, made._operator.columns, device=cuda, requires_grad=True)
        x64 = x.detach().double().requires_grad_()
        weight = torch.randn(64, made._operator.rows, device=cuda)
        (made(x) * weight).sum().backward()
        (other(x64) * weight).sum().backward()
        worst = max(worst, near(x.grad, x64.grad, 1e-5, f"{name}, x"))
        for one, two in zip(made.parameters(), other.parameters()):
            worst = max(worst, near(one.grad, two.grad, 2e-5, f"{name}, a parameter"))
    return f"worst {worst:.2g}"


@check
def compiled():
    """fullgraph, by Inductor, without a new compilation for a new batch."""
    import torch._dynamo as dynamo

    made = layer("large_monarch", "Monarch768")
    run = torch.compile(lambda x: torch.nn.functional.gelu(made(x)) * 2, fullgraph=True)
    for batch in (4, 5, 6, 128):
        dynamo.config.error_on_recompile = batch > 5
        x = torch.randn(batch, 768, device=cuda, requires_grad=True)
        again = x.detach().clone().requires_grad_()
        run(x).square().sum().backward()
        (torch.nn.functional.gelu(made(again)) * 2).square().sum().backward()
        near(x.grad, again.grad, 1e-5, "gradient of x")
    dynamo.config.error_on_recompile = False


@check
def streams():
    """On streams beside the default one, with weights kept on another."""
    made = layer("large_monarch", "Monarch768").eval()
    with torch.no_grad():
        x = torch.randn(4096, 768, device=cuda)
        expected = reference(made, x)
        for _ in range(20):
            made.repack()
            streams = [torch.cuda.Stream() for _ in range(3)]
            results = []
            for stream in streams:
                stream.wait_stream(torch.cuda.current_stream())
                with torch.cuda.stream(stream):
                    results.append(made(x))
            torch.cuda.synchronize()
            for y in results:
                near(y, expected, 1e-5, "on a stream")


@check
def weights():
    """Kept weights follow in-place updates, new parameters and train(); half and autocast."""
    made = layer("large_monarch", "Monarch768").eval()
    x = torch.randn(64, 768, device=cuda)
    with torch.no_grad():
        for _ in range(2):
            near(made(x), reference(made, x), 1e-5, "kept")
        made.R.mul_(2)
        near(made(x), reference(made, x), 1e-5, "after an update in place")
        made.L = torch.nn.Parameter(torch.randn_like(made.L))
        near(made(x), reference(made, x), 1e-5, "after a new parameter")
        made.L.data.mul_(3)
        made.train()
        near(made(x), reference(made, x), 1e-5, "after train()")
        made.eval().load_state_dict({key: value * 0.5 for key, value in made.state_dict().items()})
        near(made(x), reference(made, x), 1e-5, "after load_state_dict")
        made.cpu().to(cuda)
        near(made(x), reference(made, x), 1e-5, "after a journey")
    with torch.autocast("cuda", torch.bfloat16):
        y = made(x)
        assert y.dtype == torch.bfloat16
    y.float().square().mean().backward()
    assert made.L.grad.dtype == torch.float32
    near(y, reference(made, x), 3e-2, "autocast")
    half = layer("large_monarch", "Monarch768", dtype=torch.float16)
    near(half(x.half()), reference(half, x.half()), 4e-3, "a module in half precision")
    again = [half(x.half()) for _ in range(5)]
    assert all(each.equal(again[0]) for each in again), "runs differ"


@check
def leaks():
    made = layer("large_ffn", "Swiglu4")
    other = layer("large_ffn", "Guided4")
    x = torch.randn(257, 96, device=cuda, requires_grad=True)

    def use():
        made(x).square().sum().backward()
        other(x, a=0.25).sum().backward()
        with torch.no_grad():
            made.eval()(x)
            other.eval()(x, a=torch.tensor(0.5, device=cuda))
        made.train()
        made.zero_grad(), other.zero_grad()
        x.grad = None

    for _ in range(3):
        use()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    for _ in range(100):
        use()
    torch.cuda.synchronize()
    after = torch.cuda.memory_allocated()
    assert after == before, f"{before} bytes before, {after} after"
    return f"{after} bytes before and after 100 rounds"


@check
def training():
    """Adam on a projection of a random matrix; bfloat16 by autocast."""
    torch.manual_seed(1)
    teacher = torch.randn(768, 768, device=cuda) / 768**0.5
    made = type(layer("large_monarch", "Monarch768")).from_dense(teacher).to(cuda)
    optimiser = torch.optim.Adam(made.parameters(), lr=2e-3)
    losses = []
    for _ in range(60):
        x = torch.randn(512, 768, device=cuda)
        with torch.autocast("cuda", torch.bfloat16):
            loss = (made(x) - x @ teacher.mT).float().square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    fresh = layer("large_monarch", "Monarch768")
    optimiser = torch.optim.Adam(fresh.parameters(), lr=2e-3)
    far = []
    for _ in range(60):
        x = torch.randn(512, 768, device=cuda)
        loss = (fresh(x) - x @ teacher.mT).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        far.append(loss.item())
    assert far[-1] < far[0] and losses[-1] < losses[0] * 1.05
    return f"projected {losses[0]:.4f} -> {losses[-1]:.4f}, fresh {far[0]:.4f} -> {far[-1]:.4f}"


@check
def from_source():
    """Where no machine code fits, nvcc makes it."""
    made = layer("without_code", "Monarch1k")
    start = time.perf_counter()
    kernels = sys.modules["without_code"]._kernels(cuda, torch.float32)
    assert kernels is not None, "nothing was built"
    x = torch.randn(9, 1024, device=cuda)
    near(made(x), reference(made, x), 1e-5, "built from source")
    return f"{time.perf_counter() - start:.1f} s"


@check
def second_device():
    if torch.cuda.device_count() < 2:
        return "one device only: not run"
    made = layer("large_monarch", "Monarch768").to("cuda:1")
    x = torch.randn(33, 768, device="cuda:1", requires_grad=True)
    y = made(x)
    y.sum().backward()
    other = type(made)(dtype=torch.float64)
    other.load_state_dict({key: value.double().cpu() for key, value in made.state_dict().items()})
    near(y.cpu(), other(x.detach().cpu().double()), 1e-5, "cuda:1")


@check
def times():
    """Microseconds of a call: what the GPU takes, and what Python takes to ask for it."""
    lines = []
    for name in ("Monarch1k", "Monarch768"):
        for dtype in (torch.float32, torch.bfloat16):
            made = layer("large_monarch", name).eval()
            width = made._operator.columns
            apply = getattr(sys.modules["large_monarch"], f"_{name.lower()}_apply")
            with torch.no_grad():
                x = torch.randn(16384, width, device=cuda).to(dtype)
                weights = [each.to(dtype) for each in made.parameters()]
                ways = {
                    "kept": lambda: made(x),
                    "packed": lambda: made.train()(x),
                    "torch": lambda: apply(x, *weights),
                }
                found = []
                for way, run in ways.items():
                    made.eval()
                    for _ in range(5):
                        run()
                    torch.cuda.synchronize()
                    events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
                    events[0].record()
                    for _ in range(50):
                        run()
                    events[1].record()
                    torch.cuda.synchronize()
                    found.append(f"{way} {events[0].elapsed_time(events[1]) * 20:.0f}")
                small, made = x[:4], made.eval()
                made(small)
                torch.cuda.synchronize()
                start = time.perf_counter()
                for _ in range(300):
                    made(small)
                torch.cuda.synchronize()
                found.append(f"4 rows {(time.perf_counter() - start) / 300e-6:.0f}")
            lines.append(f"{name} {str(dtype)[6:]}: {', '.join(found)}")
    return "; ".join(lines)


print(torch.__version__, torch.cuda.get_device_name(0), flush=True)
failed = 0
for name in sys.argv[2:] or checks:
    start = time.perf_counter()
    try:
        told = checks[name]() or ""
        verdict = "ok"
    except Exception as problem:
        failed += 1
        verdict, told = "FAILED", f"{type(problem).__name__}: {problem}"
        traceback.print_exc()
    print(f"{name:14} {verdict:6} {time.perf_counter() - start:6.1f} s  {told}", flush=True)
sys.exit(failed)
