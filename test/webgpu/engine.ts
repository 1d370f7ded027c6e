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

/** Validates a shader with Tint; gives its messages. */
export async function tintMessages(code: string): Promise<string[]> {
  const gpu = (await loadDawn())?.create(['backend=null']);
  const adapter = await gpu?.requestAdapter();
  if (gpu === undefined || !adapter) throw new Error('the null backend always has an adapter');
  references.push(gpu);
  const device = await adapter.requestDevice();
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const [error, information] = [await device.popErrorScope(), await module.getCompilationInfo()];
  const messages = information.messages.map(({ lineNum, message }) => `${lineNum}: ${message}`);
  return error === null ? messages : [...messages, error.message];
}
