/**
 * WebGPU in Node: Dawn, by the optional package `webgpu`, on a GPU where a driver is found, else on SwiftShader, the
 * software driver of Debian's chromium package. Loaded only when something asks for it.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { gpuProfiles, profiles } from '../plan/profile.ts';

const softwareDrivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
];

export const howToInstall = 'apt-get install -y chromium libvulkan1';

export type Engine =
  | {
      readonly kind: 'engine';
      /** Gives one device, as every adapter. */
      readonly adapter: GPUAdapter;
      /** From an adapter of its own: with the limits that every device has, or all that there is to be had. */
      readonly newDevice: (offer: 'defaults' | 'everything') => Promise<GPUDevice>;
      readonly description: string;
    }
  | { readonly kind: 'missing'; readonly why: string };

export type Dawn = typeof import('webgpu');

/** Nothing where the package is not installed. Its constants become globals, as a page has them. */
export async function loadDawn(): Promise<Dawn | undefined> {
  const dawn = await import('webgpu').catch(() => undefined);
  if (dawn !== undefined) Object.assign(globalThis, dawn.globals);
  return dawn;
}

/**
 * Groups find their memory as others left it, not cleared: a kernel that reads before it writes is found out, and
 * SwiftShader, which takes half a minute to compile what clears 32 KB, is quick.
 */
const uncleared = 'enable-dawn-features=disable_workgroup_init';

let opened: Promise<Engine> | undefined;
/** A GPU object that is collected takes its devices along. */
const references: GPU[] = [];

/** One adapter for each process, which it keeps from ending by itself. */
export const openEngine = (): Promise<Engine> => {
  opened ??= open();
  return opened;
};

export const isEngineOpen = (): boolean => references.length > 0;

async function open(): Promise<Engine> {
  const dawn = await loadDawn();
  if (dawn === undefined)
    return { kind: 'missing', why: 'the package webgpu is not installed; npm install webgpu' };
  const driver = softwareDrivers.find(existsSync);
  const isDriverChosen = process.env['VK_DRIVER_FILES'] !== undefined || existsSync('/dev/nvidia0');
  if (!isDriverChosen && driver !== undefined) {
    process.env['VK_DRIVER_FILES'] = driver;
    process.env['VK_ICD_FILENAMES'] = driver;
  }
  // Vulkan loaders look there for displays and complain on stderr where it is not set.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  const gpu = dawn.create([uncleared]);
  const adapter = await gpu.requestAdapter().catch(() => null);
  if (adapter === null)
    return { kind: 'missing', why: `Dawn finds no driver for a GPU; in software on Debian: ${howToInstall}` };
  references.push(gpu);
  const { vendor, architecture, device, description } = adapter.info;
  const words = [vendor, architecture, device, description].filter(Boolean).join(' ');
  const newDevice = async (offer: 'defaults' | 'everything') =>
    ((await gpu.requestAdapter()) ?? adapter).requestDevice(
      offer === 'everything' ? everything(adapter) : {},
    );
  return { kind: 'engine', adapter, newDevice, description: words };
}

/** Every limit as it is, and the features that modules can use. */
function everything({ limits, features }: GPUAdapter): GPUDeviceDescriptor {
  const requiredLimits: Record<string, number> = {};
  // They are properties of the prototype.
  for (const name in limits) requiredLimits[name] = limits[name as keyof GPUSupportedLimits] as number;
  const ofProfiles = gpuProfiles.flatMap(name => profiles[name].group.features) as GPUFeatureName[];
  const useful: GPUFeatureName[] = ['shader-f16', ...ofProfiles];
  return { requiredLimits, requiredFeatures: useful.filter(name => features.has(name)) };
}
