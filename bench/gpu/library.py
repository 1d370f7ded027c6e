"""The C functions of a generated `.cu` file, as they are called from Python: ctypes, and addresses for pointers."""
import ctypes

INT, LONG, SIZE, POINTER = ctypes.c_int, ctypes.c_int64, ctypes.c_size_t, ctypes.c_void_p


class Library:
    """A file built as a shared library; `module` is the file's name without its ending."""

    def __init__(self, path, module):
        self.module = module
        self.loaded = ctypes.CDLL(str(path))

    def function(self, name, *arguments, result=INT):
        found = getattr(self.loaded, name)
        found.argtypes, found.restype = arguments, result
        return found

    def text(self, code):
        """What a code that a function returned says."""
        name = f"sop_{self.module.replace('-', '_')}_error"
        return self.function(name, INT, result=ctypes.c_char_p)(code).decode()


class Operator:
    """pack(stream, *parameters, params, workspace, bytes) fills `params_bytes` bytes by `pack_workspace_bytes` more."""

    def __init__(self, library, name, parameters):
        prefix = f'sop_{name}'
        self.library, self.prefix = library, prefix
        self.params_bytes = library.function(f'{prefix}_params_bytes', result=SIZE)()
        self.pack_workspace_bytes = library.function(f'{prefix}_pack_workspace_bytes', result=SIZE)()
        self.pack = library.function(f'{prefix}_pack', POINTER, *[POINTER] * parameters, POINTER, POINTER, SIZE)

    def mode(self, mode):
        return Mode(self.library, f'{self.prefix}_{mode}')


class Mode:
    """call(stream, x, ldx, y, ldy, batch, params, workspace, bytes), and the bytes of workspace for a batch."""

    def __init__(self, library, name):
        self.name = name
        self.call = library.function(name, POINTER, POINTER, LONG, POINTER, LONG, LONG, POINTER, POINTER, SIZE)
        self.workspace_bytes = library.function(f'{name}_workspace_bytes', LONG, result=SIZE)
