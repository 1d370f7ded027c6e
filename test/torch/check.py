"""Checks of generated modules, in one process: prints one line of JSON for each.

    python check.py FOLDER

FOLDER holds the modules and cases.json: parameters, inputs and results in f64.
"""

import collections
import copy
import ctypes
import importlib
import io
import json
import pickle
import struct
import sys
import types
import warnings
from pathlib import Path

import torch

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
cases = json.loads((folder / "cases.json").read_text())
torch.manual_seed(0)
torch.set_num_threads(1)


class Case:
    def __init__(self, case):
        self.name = f"{case['module']}.{case['operator']}"
        self.python = importlib.import_module(case["module"])
        self.function = getattr(self.python, case["operator"])
        self.operator = getattr(self.python, f"_{case['operator']}")
        modules = [getattr(self.python, name) for name in self.python.__all__]
        self.module = next(
            each for each in modules if isinstance(each, type) and each._operator is self.operator
        )
        self.defaults = case["defaults"]
        self.rows = 3
        self.x, self.y, self.back = (
            values if values is None else torch.tensor(values, dtype=torch.float64).reshape(3, -1)
            for values in (case["x"], case["y"], case.get("back"))
        )
        self.names = list(case["parameters"])
        self.values = []
        for name, shape in zip(self.names, self.operator.parameters.values()):
            value = torch.tensor(case["parameters"][name], dtype=torch.float64).reshape(shape)
            self.values.append(value)
        made = self.module(dtype=torch.float64)
        own = {**dict(made.named_parameters()), **dict(made.named_buffers())}
        self.kept = {}
        for k, name in enumerate(self.names):
            attribute = name if name in own else f"{name}_"
            if attribute in own:
                self.values[k] = self.values[k].to(own[attribute].dtype)
                self.kept[attribute] = self.values[k]
            elif case["operator"].startswith("keyed"):
                self.values[k] = self.values[k].long()
        self.calls = {
            name: value
            for name, value in zip(self.operator.parameters, self.values)
            if not any(value is kept for kept in self.kept.values())
        }

    def made(self, dtype=torch.float64):
        made = self.module(dtype=dtype)
        made.load_state_dict(self.kept)
        return made

    def given(self, dtype=torch.float64):
        return [each.to(dtype) if each.is_floating_point() else each for each in self.values]


cases = {f"{case['operator']}": Case(case) for case in cases}
checks = {}


def check(function):
    checks[function.__name__] = function
    return function


def near(made, expected, tolerance, what):
    error = (made.double() - expected.double()).norm() / max(1e-30, expected.double().norm())
    if not error <= tolerance:
        raise AssertionError(f"{what}: off by {error:.3g}")


def refused(function, kind, words):
    try:
        function()
    except kind as error:
        assert words in str(error), f"{words!r} is not in {error}"
    else:
        raise AssertionError(f"nothing was refused: {words}")


@check
def numbers():
    for case in cases.values():
        near(case.function(case.x, *case.values), case.y, 1e-12, case.name)
        near(case.made()(case.x, **case.calls), case.y, 1e-12, f"{case.name} as a module")
        for dtype, tolerance in (
            (torch.float32, 2e-5),
            (torch.bfloat16, 6e-2),
            (torch.float16, 1e-2),
        ):
            made = case.function(case.x.to(dtype), *case.given())
            assert made.dtype == dtype
            near(made, case.y, tolerance, f"{case.name} in {dtype}")


@check
def adjoints():
    for case in cases.values():
        if case.back is not None:
            back = case.operator.calls["adjoint"](case.y, *case.values, False)
            near(back, case.back, 1e-12, case.name)


@check
def shapes():
    for case in cases.values():
        width, height = case.operator.columns, case.operator.rows
        one = case.function(case.x[0], *case.values)
        assert one.shape == (height,)
        near(one, case.y[0], 1e-12, case.name)
        for shape in ((0,), (7,), (2, 0, 3), (2, 1, 3)):
            x = torch.randn(*shape, width, dtype=torch.float64)
            y = case.function(x, *case.values)
            assert y.shape == (*shape, height) and y.is_contiguous(), case.name
        rows = torch.randn(5, width, dtype=torch.float64)
        apart = torch.stack([rows, rows], 2)[:, :, 0]
        turned = rows.mT.contiguous().mT
        repeated = rows[:1].expand(5, width)
        for x in (apart, turned, repeated, rows.flip(0)[::2]):
            y = case.function(x, *case.values)
            near(
                y, case.function(x.contiguous(), *case.values), 1e-14, f"{case.name} of rows apart"
            )
        x = case.x.clone()
        assert (
            case.function(x, *case.values).data_ptr() != x.data_ptr()
        ), "the input is not handed on"


@check
def refusals():
    case = cases["monarch"]
    given = case.given()
    refused(
        lambda: case.function(torch.randn(3, 25), *given),
        ValueError,
        "takes [..., 32], not [3, 25]",
    )
    refused(lambda: case.function(torch.tensor(1.0), *given), ValueError, "takes [..., 32]")
    refused(lambda: case.function(case.x, given[1], given[0]), ValueError, "L is [8, 4, 4]")
    refused(lambda: case.function(case.x.to("meta"), *given), ValueError, "L is on cpu, x on meta")
    made = cases["moves30"].module()
    state = made.state_dict()
    state["p"] = state["p"].clone()
    state["p"][0] = 30
    refused(lambda: made.load_state_dict(state), RuntimeError, "p holds indices outside 0..29")
    state["p"][0] = state["p"][1]
    refused(lambda: made.load_state_dict(state), RuntimeError, "p is no permutation of 0..29")


def leaves(case):
    given = [
        each.clone().requires_grad_() if each.is_floating_point() else each for each in case.values
    ]
    return case.x.clone().requires_grad_(), given


@check
def gradients():
    for case in cases.values():
        x, given = leaves(case)
        torch.autograd.gradcheck(case.function, (x, *given), fast_mode=True)


@check
def second_derivatives():
    for name in ("monarch", "swiglu12", "loldu_wide", "leaves5", "guided"):
        x, given = leaves(cases[name])
        torch.autograd.gradgradcheck(cases[name].function, (x, *given), fast_mode=True)


@check
def operator_checks():
    quick = ("test_schema", "test_autograd_registration", "test_faketensor")
    for name in ("monarch", "swiglu12"):
        case = cases[name]
        x, given = leaves(case)
        torch.library.opcheck(case.operator.calls["apply"], (x, *given, False))
    for name, mode in (("keyed12", "apply"), ("loldu_wide", "apply"), ("monarch", "adjoint")):
        case = cases[name]
        x, given = leaves(case)
        torch.library.opcheck(case.operator.calls[mode], (x, *given, False), test_utils=quick)


@check
def compiled():
    import torch._dynamo as dynamo

    for name in ("monarch", "guided"):
        case = cases[name]
        made = case.made()
        dynamo.reset()
        run = torch.compile(made, fullgraph=True, backend="aot_eager")
        for batch in (4, 5, 6, 9):
            # It is compiled for the first batch, then for any.
            dynamo.config.error_on_recompile = batch > 5
            x = torch.randn(batch, case.operator.columns, dtype=torch.float64, requires_grad=True)
            again = x.detach().clone().requires_grad_()
            y, plain = run(x, **case.calls), made(again, **case.calls)
            near(y, plain, 1e-14, f"{name} compiled")
            made.zero_grad()
            y.square().sum().backward()
            found = [p.grad.clone() for p in made.parameters()]
            made.zero_grad()
            plain.square().sum().backward()
            near(x.grad, again.grad, 1e-13, f"{name} compiled, gradient of x")
            for one, other in zip(found, made.parameters()):
                near(one, other.grad, 1e-13, f"{name} compiled, gradient of a parameter")
        dynamo.config.error_on_recompile = False


@check
def state_dicts():
    for case in cases.values():
        made = case.made()
        assert sorted(made.state_dict()) == sorted(case.kept), case.name
        assert all("_operator" not in key for key in made.state_dict())
    assert list(cases["names4"].made().state_dict()) == [
        "lambda",
        "type_",
        "class",
        "x",
        "forward_",
    ]
    learned = dict(cases["loldu_wide"].made().named_parameters())
    assert set(learned) == {"z"}, "frozen values are buffers"


@check
def published_names():
    case = cases["monarch"]
    inside = torch.nn.Sequential(case.module(dtype=torch.float64))
    inside.load_state_dict({"0.blkdiag2": case.kept["L"].mT, "0.R": case.kept["R"]})
    near(inside(case.x), case.y, 1e-12, "a published checkpoint")


@check
def copies():
    for name in ("monarch", "loldu_wide", "names4"):
        case = cases[name]
        made = case.made()
        for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert next(other.parameters()) is not next(made.parameters())
            near(other(case.x), case.y, 1e-12, name)
        stored = io.BytesIO()
        torch.save(made.state_dict(), stored)
        stored.seek(0)
        other = case.module(dtype=torch.float64)
        other.load_state_dict(torch.load(stored))
        near(other(case.x), case.y, 1e-12, name)


@check
def meta_device():
    for case in cases.values():
        made = case.module(device="meta")
        calls = {name: each.to("meta") for name, each in case.calls.items()}
        x = torch.empty(4, 2, case.operator.columns, device="meta", requires_grad=True)
        y = made(x, **calls)
        assert y.is_meta and y.shape == (4, 2, case.operator.rows)
        real = made.to_empty(device="cpu")
        real.reset_parameters()
        assert all(not torch.isnan(p).any() for p in real.parameters())
    x = torch.empty(4, 32, device="meta", requires_grad=True)
    made = cases["monarch"].module(device="meta")
    made(x).sum().backward()
    assert x.grad.shape == x.shape and made.L.grad.shape == made.L.shape


@check
def autocast():
    for name in ("monarch", "swiglu12", "loldu_wide"):
        case = cases[name]
        made = case.made(torch.float32)
        with torch.autocast("cpu", torch.bfloat16):
            y = made(case.x.float(), **case.calls)
            assert y.dtype == torch.bfloat16
            assert made(case.x, **case.calls).dtype == torch.float64
        y.float().sum().backward()
        assert all(p.grad.dtype == torch.float32 for p in made.parameters())
        near(y, case.y, 6e-2, name)
    half = cases["monarch"].made().half()
    assert half(cases["monarch"].x.half()).dtype == torch.float16


@check
def initial_values():
    for case in cases.values():
        made = case.module(seed=5, dtype=torch.float64)
        own = {**dict(made.named_parameters()), **dict(made.named_buffers())}
        for name, values in case.defaults.items():
            expected = torch.tensor(values, dtype=torch.float64)
            near(own[name].detach().flatten(), expected, 1e-12, f"{case.name}: {name}")
            before = own[name].detach().clone()
            with torch.no_grad():
                own[name].zero_()
            made.reset_parameters()
            assert own[name].equal(before), f"{case.name}: {name} is drawn anew"
    layer = cases["monarch"].module()
    assert layer.L.abs().max() <= 4**-0.5 and layer.R.abs().max() <= 8**-0.5
    assert layer.L.std() > 0.1
    assert (
        cases["moves30"]
        .python._bits("a", 0, 1000)
        .equal(
            torch.cat(
                [
                    cases["moves30"].python._bits("a", 0, 999),
                    cases["moves30"].python._bits("a", 0, 1000)[999:],
                ]
            )
        )
    )


@check
def projections():
    found = [name for name, case in cases.items() if hasattr(case.module, "from_dense")]
    expected = (
        "monarch monarch_rect monarch_rank monarch_b1b2 lowrank_ffn blockdense blockshuffle merged"
    )
    assert set(expected.split()) <= set(found), found
    for name in found:
        case = cases[name]
        made = case.made()
        matrix = made(torch.eye(case.operator.columns, dtype=torch.float64)).detach().mT
        again = case.module.from_dense(matrix)
        near(again(case.x), case.y, 1e-10, f"{name}: its own matrix")
        # No step from the projection of another matrix comes nearer to it: the gradient is zero there.
        other = torch.randn(matrix.shape, dtype=torch.float64)
        nearest = case.module.from_dense(other)
        eye = torch.eye(case.operator.columns, dtype=torch.float64)
        distance = (nearest(eye).mT - other).square().sum()
        distance.backward()
        slope = max(p.grad.abs().max() for p in nearest.parameters())
        assert slope < 1e-9, f"{name}: {slope:.3g} from the nearest"
        assert distance < other.square().sum()
    refused(
        lambda: cases["monarch"].module.from_dense(torch.eye(23)),
        ValueError,
        "the matrix is [32, 32]",
    )
    matrix = torch.randn(32, 32, dtype=torch.float64)
    nearest = cases["monarch"].module.from_dense(matrix)
    error = (nearest(torch.eye(32, dtype=torch.float64)).mT - matrix).square().sum().item()
    # Rows (l j) and columns (k i), j and i below 8: a block for each j and k, of rank one.
    blocks = matrix.reshape(4, 8, 4, 8).permute(1, 2, 0, 3)
    left_out = torch.linalg.svdvals(blocks)[..., 1:].square().sum().item()
    assert abs(error - left_out) < 1e-9 * left_out, (error, left_out)


# ------------------------------------------------------------------------------------------ launches


class Driver:
    """Takes the place of the CUDA driver: remembers what is launched, and that nothing lies outside."""

    def __init__(self):
        self.names, self.launches = {}, []

    def cuDevicePrimaryCtxRetain(self, *_):
        return 0

    cuModuleLoadData = cuCtxPushCurrent_v2 = cuCtxPopCurrent_v2 = cuDevicePrimaryCtxRetain
    cuThreadExchangeStreamCaptureMode = cuDevicePrimaryCtxRetain

    def cuModuleGetFunction(self, function, module, name):
        self.names[len(self.names) + 1] = name.decode()
        function._obj.value = len(self.names)
        return 0

    def cuFuncSetAttribute(self, *_):
        return 0

    def cuLaunchKernel(self, function, *rest):
        grid, block, (shared, stream, none, extra) = rest[:3], rest[3:6], rest[6:]
        size = ctypes.c_size_t.from_address(extra[3]).value
        values = ctypes.string_at(extra[1], size)
        self.launches.append((self.names[function.value], grid, block, values))
        return 0


@check
def launches():
    case = cases["monarch"]
    python, stream = case.python, types.SimpleNamespace(cuda_stream=7)
    stream.record_event = lambda: None
    replaced = {
        "current_stream": lambda device: stream,
        "is_current_stream_capturing": lambda: False,
        "get_device_capability": lambda device: (9, 0),
    }
    before = {name: getattr(torch.cuda, name) for name in replaced}
    driver = Driver()
    python._driver, version = lambda: driver, torch.version.cuda
    torch.version.cuda = "13.0"
    for name, function in replaced.items():
        setattr(torch.cuda, name, function)
    try:
        stem = python._FOLDER / f"{python._FILE}_f32_sm_90a"
        names = b"_ZN1a14monarch_kernelILb0EEEvPf\0_ZN1a14monarch_kernelILb1EEEvPf\0"
        stem.with_suffix(".cubin").write_bytes(names)
        kernels = python._kernels(torch.device("cpu", 0), torch.float32)
        assert sorted(name for name in driver.names.values() if "14monarch_kernel" in name) == [
            "_ZN1a14monarch_kernelILb0EEEvPf",
            "_ZN1a14monarch_kernelILb1EEEvPf",
        ]
        made = case.made(torch.float32)
        given = (made.L, made.R)

        def run(batch, keep=False, x=None):
            driver.launches.clear()
            x = torch.zeros(batch, 32) if x is None else x
            y = kernels.run("monarch", "apply", x, given, keep)
            assert y.shape == (batch, 32)
            packs = [each for each in driver.launches if "_pack_" in each[0]]
            return packs, driver.launches[len(packs) :]

        packs, rest = run(5)
        assert len(packs) == 2 and [each[0] for each in rest] == ["_ZN1a14monarch_kernelILb1EEEvPf"]
        plan = kernels.table["operators"]["monarch"]["apply"]
        (launch,) = plan["plans"][0]["launches"]
        name, grid, block, values = rest[0]
        unpacked = dict(
            zip(map(tuple, launch["arguments"]), struct.unpack(launch["layout"], values))
        )
        numbers = {
            kind: value for (kind, _), value in unpacked.items() if kind in ("count", "ldx", "ldy")
        }
        assert numbers == {"count": 5, "ldx": 32, "ldy": 32}
        assert block == (launch["threads"], 1, 1) and grid[0] == -(-5 // launch["tileRows"])
        assert run(0) == ([], [])
        # Rows that lie apart are read where they lie; columns that do are gathered first.
        _, rest = run(5, x=torch.zeros(5, 39)[:, 3:35])
        assert rest[0][0] == "_ZN1a14monarch_kernelILb0EEEvPf"
        assert struct.unpack(launch["layout"], rest[0][3])[-2:] in ((39, 32), (32, 39))
        _, rest = run(5, x=torch.zeros(32, 5).mT)
        assert rest[0][0] == "_ZN1a14monarch_kernelILb1EEEvPf"
        # A batch larger than a launch takes several.
        plan["rowsOfLaunch"] = 4
        _, rest = run(10)
        counts = [struct.unpack(launch["layout"], values)[-3:] for *_, values in rest]
        assert [sorted(each)[0] for each in counts] == [4, 4, 2]
        # Weights are kept as long as nothing changes.
        assert [len(run(3, keep)[0]) for keep in (False, False, True, True)] == [2, 2, 2, 0]
        with torch.no_grad():
            made.R.add_(1)
        assert [len(run(3, True)[0]) for _ in range(2)] == [2, 0]
        made.R.data.add_(1)
        made.repack()
        assert [len(run(3, True)[0]) for _ in range(2)] == [2, 0]
        made.train()
        assert len(run(3, True)[0]) == 2
        given = (torch.nn.Parameter(made.L.detach()), made.R)
        assert len(run(3, True)[0]) == 2
        del given, made, packs, rest
        assert len(python._kept) == 0, "packed weights go with their parameters"
    finally:
        for name, function in before.items():
            setattr(torch.cuda, name, function)
        torch.version.cuda = version


@check
def fallbacks():
    python = cases["swiglu12"].python
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert python._build(folder / "absent.cu", "sm_90") is None
    assert python._kernels(torch.device("cpu"), torch.float32) is None
    assert python._kernels(torch.device("cpu"), torch.complex64) is None


for name in sys.argv[2:] or checks:
    try:
        checks[name]()
        why = None
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        if sys.argv[2:]:
            raise
    print(json.dumps({"check": name, "why": why}), flush=True)
