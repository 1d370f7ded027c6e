/** WebGPU for tests: the engine of the command line, and Dawn's null backend, which validates shaders with no driver. */
import { type Engine, loadDawn, openEngine } from '../../src/cli/dawn.ts';

export { type Engine, howToInstall, openEngine } from '../../src/cli/dawn.ts';

const references: GPU[] = [];

/** Whether tests that need an engine can run; where one is a must, its absence is a failure. */
export async function engineForTests(): Promise<Engine> {
  const engine = await openEngine();
  if (engine.kind === 'missing' && process.env['CI'] === 'true') throw new Error(engine.why);
  return engine;
}

/** A device that takes every valid command and runs no shader. */
export async function nullDevice(requiredFeatures: readonly GPUFeatureName[] = []): Promise<GPUDevice> {
  const gpu = (await loadDawn())?.create(['backend=null']);
  const adapter = await gpu?.requestAdapter();
  if (gpu === undefined || !adapter) throw new Error('the null backend always has an adapter');
  references.push(gpu);
  return adapter.requestDevice({ requiredFeatures: [...requiredFeatures] });
}

/** Validates a shader with Tint; gives its messages. */
export async function tintMessages(code: string): Promise<string[]> {
  const device = await nullDevice(['shader-f16']);
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const [error, information] = [await device.popErrorScope(), await module.getCompilationInfo()];
  const messages = information.messages.map(({ lineNum, message }) => `${lineNum}: ${message}`);
  return error === null ? messages : [...messages, error.message];
}
