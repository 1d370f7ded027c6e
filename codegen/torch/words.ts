/** Names of Python and of PyTorch's modules that generated names must not take. */

/** Keywords, and every name that generated code uses without saying where it is from. */
export const pythonReserved: readonly string[] = `
  False None True and as assert async await break class continue def del elif else except finally for from global
  if import in is lambda nonlocal not or pass raise return try while with yield match case type self cls
  bool bytes dict enumerate float getattr int isinstance len list map max min open print property range reversed
  set setattr sorted str sum super tuple zip all any abs iter next object slice
  Exception OSError RuntimeError ValueError TypeError
  ctypes functools hashlib json math os shutil struct subprocess tempfile warnings re contextlib
  Path Tensor F nn torch wide x seed device dtype keep_packed TensorWeakRef WeakTensorKeyDictionary
  _FILE _FOLDER _SPACE _FORMATS _TYPES _Kernels _Packed _Operator _Module _driver _call _kernels _build _kept _nobody
  _AUTOCAST _plain _pull_back _set _bits _uniform _normal _drawn _project`
  .trim()
  .split(/\s+/);

/** Attributes of torch.nn.Module, which a parameter cannot have the name of. */
export const moduleAttributes: readonly string[] = `
  T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
  extra_repr float forward from_dense get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
  modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook
  register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
  register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
  register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook repack
  requires_grad_ reset_parameters seed set_extra_state set_submodule share_memory state_dict to to_empty train
  training type xpu zero_grad`
  .trim()
  .split(/\s+/);
