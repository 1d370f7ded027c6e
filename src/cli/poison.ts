/**
 * A device on which nothing can be read before it is written without being noticed: before each submission every
 * storage buffer that the queue did not fill (outputs, and workspaces between kernels) is filled with one number.
 * The memory of a workgroup is out of reach from here; `src/verify/groups.ts` shows that kernels write it first.
 */

export interface PoisonedDevice {
  readonly device: GPUDevice;
  /** What is filled in from now on. */
  readonly fillWith: (value: number) => void;
}

export function poisonedDevice(target: GPUDevice): PoisonedDevice {
  let poison = patternOf(Number.NaN);
  /** Buffers that only shaders write. */
  const unwritten = new Set<GPUBuffer>();
  const { STORAGE, COPY_DST } = GPUBufferUsage;
  const createBuffer = (description: GPUBufferDescriptor): GPUBuffer => {
    const isStorage = (description.usage & STORAGE) !== 0;
    const usage = isStorage ? description.usage | COPY_DST : description.usage;
    const buffer = target.createBuffer({ ...description, usage });
    if (isStorage) unwritten.add(buffer);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      unwritten.delete(buffer);
      return destroy();
    };
    return buffer;
  };
  const { queue } = target;
  const writeBuffer = (...given: Parameters<GPUQueue['writeBuffer']>): undefined => {
    unwritten.delete(given[0]);
    queue.writeBuffer(...given);
  };
  const submit: GPUQueue['submit'] = commands => {
    for (const buffer of unwritten)
      queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(poison));
    return queue.submit(commands);
  };
  return {
    device: withMembers(target, { createBuffer, queue: withMembers(queue, { writeBuffer, submit }) }),
    fillWith: value => {
      poison = patternOf(value);
    },
  };
}

/** The upper half of the bits of an f32, twice: near that number, and one like it (NaN, or large) as two of f16. */
function patternOf(value: number): number {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  const upper = bits >>> 16;
  return ((upper << 16) | upper) >>> 0;
}

/** The object with some of its members replaced; the others still belong to it. */
export const withMembers = <Target extends object>(
  target: Target,
  members: Readonly<Record<string, unknown>>,
): Target =>
  new Proxy(target, {
    get(_, key) {
      if (typeof key === 'string' && key in members) return members[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
