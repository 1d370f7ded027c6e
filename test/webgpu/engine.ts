/**
 * WebGPU in Node for tests: Dawn, on a real GPU where a driver is found, else on SwiftShader, the software driver that
 * comes with Debian's chromium package. The null backend of Dawn needs no driver and still validates every shader.
 */
import { existsSync } from 'node:fs';
import { create, globals } from 'webgpu';

const softwareDrivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
];

export const howToInstall = 'apt-get install -y chromium libvulkan1';

export type Engine =
  | { readonly kind: 'engine'; readonly adapter: GPUAdapter; readonly description: string }
  | { readonly kind: 'missing'; readonly why: string };

let opened: Promise<Engine> | undefined;

/** One adapter for each process; the GPU object stays referenced, or its devices die. */
export const openEngine = (): Promise<Engine> => {
  opened ??= open();
  return opened;
};

const references: GPU[] = [];

async function open(): Promise<Engine> {
  Object.assign(globalThis, globals);
  const driver = softwareDrivers.find(existsSync);
  const isDriverChosen = process.env['VK_DRIVER_FILES'] !== undefined || existsSync('/dev/nvidia0');
  if (!isDriverChosen && driver !== undefined) {
    process.env['VK_DRIVER_FILES'] = driver;
    process.env['VK_ICD_FILENAMES'] = driver;
  }
  const gpu = create([]);
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null)
    return { kind: 'missing', why: `Dawn finds no Vulkan driver; on Debian: ${howToInstall}` };
  references.push(gpu);
  const { vendor, architecture, device, description } = adapter.info;
  return {
    kind: 'engine',
    adapter,
    description: [vendor, architecture, device, description].filter(Boolean).join(' '),
  };
}

/** Validates a shader with Tint; gives its messages. */
export async function tintMessages(code: string): Promise<string[]> {
  Object.assign(globalThis, globals);
  const gpu = create(['backend=null']);
  references.push(gpu);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('the null backend always has an adapter');
  const device = await adapter.requestDevice();
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const [error, information] = [await device.popErrorScope(), await module.getCompilationInfo()];
  const messages = information.messages.map(({ lineNum, message }) => `${lineNum}: ${message}`);
  return error === null ? messages : [...messages, error.message];
}
