/** The part of a PyTorch module that finds its kernels, loads them by the driver and launches them. */

const text = String.raw`
_FORMATS = {
    torch.float32: "f32",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.float64: "f64",
}
_TYPES = {**{name: dtype for dtype, name in _FORMATS.items()}, "index": torch.int64}


@functools.cache
def _driver():
    """The CUDA driver, or None where there is none."""
    try:
        return ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return None


def _call(name, *arguments):
    code = getattr(_driver(), name)(*arguments)
    if code != 0:
        text = ctypes.c_char_p()
        _driver().cuGetErrorString(code, ctypes.byref(text))
        raise RuntimeError(f"{name}: {(text.value or str(code).encode()).decode()}")


@functools.cache
def _kernels(device, dtype):
    """The kernels that fit a device, or None where PyTorch's own operations must do."""
    if dtype not in _FORMATS or torch.version.cuda is None or _driver() is None:
        return None
    major, minor = torch.cuda.get_device_capability(device)
    for profile in ("sm_90a", "sm_80"):
        stem = _FOLDER / f"{_FILE}_{_FORMATS[dtype]}_{profile}"
        fits = (major, minor) == (9, 0) if profile == "sm_90a" else major >= 8
        if not fits or not stem.with_suffix(".json").exists():
            continue
        # Machine code runs on its own architecture, and on later ones of the same generation.
        cubin, runs = stem.with_suffix(".cubin"), profile == "sm_90a" or major == 8
        architecture = profile if profile == "sm_90a" else f"sm_{major}{minor}"
        prebuilt = runs and cubin.exists()
        image = cubin.read_bytes() if prebuilt else _build(stem.with_suffix(".cu"), architecture)
        if image is None:
            continue
        try:
            return _Kernels(device, json.loads(stem.with_suffix(".json").read_text()), image)
        except RuntimeError as error:
            warnings.warn(f"{stem.name} cannot be used: {error}; PyTorch's operations run instead")
    return None


def _build(source, architecture):
    """Machine code made by the nvcc of this machine, once: it stays in a folder of the user's."""
    homes = [os.environ.get(name) for name in ("CUDA_HOME", "CUDA_PATH")]
    folders = [os.path.join(home, "bin") for home in homes if home]
    nvcc = shutil.which("nvcc") or shutil.which("nvcc", path=os.pathsep.join(folders))
    if nvcc is None:
        return None
    try:
        digest = hashlib.sha256(source.read_bytes() + source.with_suffix(".h").read_bytes())
        cache = Path(os.environ.get("SOP_CACHE") or Path.home() / ".cache" / "sop")
        cubin = cache / f"{source.stem}_{architecture}_{digest.hexdigest()[:16]}.cubin"
        if not cubin.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                made = Path(folder) / "kernels.cubin"
                options = ["-cubin", "-std=c++17", f"-arch={architecture}", "-o", made]
                subprocess.run([nvcc, *options, source], check=True, capture_output=True, text=True)
                os.replace(made, cubin)
        return cubin.read_bytes()
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", None) or error
        warnings.warn(f"{source.name} was not compiled: {why}; PyTorch's operations run instead")
        return None


class _Kernels:
    """The kernels of one number format, loaded on one device; what is launched is said by a table."""

    def __init__(self, device, table, image):
        self.device, self.table, self.image = device, table, image
        self.functions = {}
        self.context, self.module = ctypes.c_void_p(), ctypes.c_void_p()
        _call("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), device.index)
        # Loading is allowed while a graph is recorded, if one asks for it: in the relaxed mode.
        mode = ctypes.c_int(2)
        _call("cuThreadExchangeStreamCaptureMode", ctypes.byref(mode))
        try:
            self._load_all()
        finally:
            _call("cuThreadExchangeStreamCaptureMode", ctypes.byref(mode))

    def _load_all(self):
        with self:
            _call("cuModuleLoadData", ctypes.byref(self.module), self.image)
            for operator in self.table["operators"].values():
                modes = [operator[mode] for mode in ("apply", "adjoint") if mode in operator]
                plans = [plan for mode in modes for plan in mode["plans"]]
                launches = [launch for plan in plans for launch in plan["launches"]]
                for launch in [*operator["pack"], *launches]:
                    for aligned in (False, True):
                        self._load(launch, aligned)

    def __enter__(self):
        _call("cuCtxPushCurrent_v2", self.context)

    def __exit__(self, *_):
        _call("cuCtxPopCurrent_v2", ctypes.byref(ctypes.c_void_p()))

    def _load(self, launch, aligned):
        name = launch["kernel"].encode()
        # A function's own name is what C++ makes of its name and types: it stands in the machine code.
        kind = (b"ILb1E" if aligned else b"ILb0E") if launch["chooses"] else b"E"
        found = re.search(rb"_Z\w*?%d%s%s\w*" % (len(name), name, kind), self.image)
        function = ctypes.c_void_p()
        symbol = found.group() if found else name
        _call("cuModuleGetFunction", ctypes.byref(function), self.module, symbol)
        if launch["sharedBytes"] > 0:
            _call("cuFuncSetAttribute", function, 8, launch["sharedBytes"])
        self.functions[launch["kernel"], aligned] = function

    def _launch(self, launch, aligned, grid, stream, values):
        block = struct.pack(launch["layout"], *values)
        buffer, size = ctypes.create_string_buffer(block, len(block)), ctypes.c_size_t(len(block))
        places = (ctypes.addressof(buffer), ctypes.addressof(size))
        extra = (ctypes.c_void_p * 5)(1, places[0], 2, places[1], None)
        function = self.functions[launch["kernel"], aligned]
        threads, shared = launch["threads"], launch["sharedBytes"]
        _call("cuLaunchKernel", function, *grid, 1, threads, 1, 1, shared, stream, None, extra)

    def run(self, operator, mode, x, parameters, keep):
        """What the rows of x become, in the current stream: as the functions of the .cu file do it."""
        table = self.table["operators"][operator][mode]
        batch, columns, rows = x.shape[0], table["columns"], table["rows"]
        y = x.new_empty(batch, rows)
        if y.numel() == 0:
            return y
        spread = batch > 1 and not columns <= x.stride(0) <= 1 << 24
        if spread or (columns > 1 and x.stride(1) != 1):
            x = x.contiguous()
        ldx = x.stride(0) if batch > 1 else columns
        # What a launch counts in elements stays below 2^31.
        limits = [(2**31 - 1 - columns) // max(1, ldx) + 1, (2**31 - 1 - rows) // rows + 1]
        most, size = min(batch, table["rowsOfLaunch"], *limits), x.element_size()
        aligned = all(each % 16 == 0 for each in (x.data_ptr(), ldx * size, rows * size))
        stream = torch.cuda.current_stream(x.device)
        weights = self._weights(operator, mode, parameters, keep, stream)
        row_bytes = max(plan["workspaceRowBytes"] for plan in table["plans"])
        workspace = x.new_empty(most * row_bytes, dtype=torch.uint8)
        handle = ctypes.c_void_p(stream.cuda_stream)
        with self:
            for first in range(0, batch, most):
                count = min(most, batch - first)
                plan = next(plan for plan in table["plans"] if count < plan.get("below", math.inf))
                places = {
                    "x": x.data_ptr() + first * ldx * size,
                    "y": y.data_ptr() + first * rows * size,
                    "weights": weights.data_ptr(),
                    "workspace": workspace.data_ptr(),
                    "count": count,
                    "ldx": ldx,
                    "ldy": rows,
                }
                for launch in plan["launches"]:
                    values = [
                        places[kind] + place * (count if kind == "workspace" else 1)
                        for kind, place in launch["arguments"]
                    ]
                    tiles, slices = -(-count // launch["tileRows"]), launch["slices"]
                    grid = (tiles, 1) if slices == 1 else (slices, min(tiles, 65535))
                    self._launch(launch, aligned, grid, handle, values)
        return y

    def _weights(self, operator, mode, parameters, keep, stream):
        """Parameters in the layout of the kernels: packed for this call, or kept from one before it.

        A recorded graph packs whenever it is replayed, so that it follows its parameters.
        """
        keep = keep and not torch.cuda.is_current_stream_capturing()
        if not keep or any(each.is_inference() for each in parameters):
            return self._pack(operator, mode, parameters, stream)
        kept = _kept.setdefault(parameters[0] if parameters else _nobody, {})
        key = (self, operator, mode)
        packed = kept.get(key)
        if packed is None or not packed.fits(parameters):
            weights = self._pack(operator, mode, parameters, stream)
            packed = kept[key] = _Packed(parameters, weights, stream)
        return packed.on(stream)

    def _pack(self, operator, mode, parameters, stream):
        plan = self.table["operators"][operator]
        bytes_on_device = {"dtype": torch.uint8, "device": self.device}
        weights = torch.empty(plan["weightBytes"], **bytes_on_device)
        workspace = torch.empty(plan["packWorkspaceBytes"], **bytes_on_device)
        given = [
            each.detach().to(_TYPES[stored]).contiguous()
            for each, stored in zip(parameters, plan["parameters"])
        ]
        bases = {"weights": weights.data_ptr(), "temporary": workspace.data_ptr()}
        handle = ctypes.c_void_p(stream.cuda_stream)
        with self:
            for launch in plan["pack"]:
                if mode not in launch["modes"]:
                    continue
                values = [
                    given[place].data_ptr() if kind == "parameter" else bases[kind] + place
                    for kind, place in launch["arguments"]
                ]
                self._launch(launch, False, (launch["groups"], 1), handle, values)
        return weights


class _Packed:
    """Packed weights, and the state of the parameters that they were made of."""

    def __init__(self, parameters, weights, stream):
        self.sources = [(TensorWeakRef(p), p.data_ptr(), p._version) for p in parameters]
        self.weights, self.stream, self.ready = weights, stream, stream.record_event()

    def fits(self, parameters):
        return all(
            reference() is given and place == given.data_ptr() and version == given._version
            for (reference, place, version), given in zip(self.sources, parameters)
        )

    def on(self, stream):
        if stream != self.stream:
            stream.wait_event(self.ready)
            self.weights.record_stream(stream)
        return self.weights


# By the first parameter of an operator, as long as that lives.
_kept = WeakTensorKeyDictionary()
_nobody = torch.empty(0)
`;

export const driverText: readonly string[] = text.trim().split('\n');
