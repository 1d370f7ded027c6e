/** Valid .safetensors files for tests, in F32 or I64. */
export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly dtype?: 'F32' | 'F64' | 'I64';
}

export function safetensorsFile(tensors: readonly FileTensor[]): Uint8Array {
  const bytesOf = ({ dtype = 'F32', values }: FileTensor): Uint8Array => {
    if (dtype === 'I64') return new Uint8Array(BigInt64Array.from(Array.from(values, BigInt)).buffer);
    return new Uint8Array((dtype === 'F64' ? Float64Array.from(values) : Float32Array.from(values)).buffer);
  };
  let end = 0;
  const bodies = tensors.map(bytesOf);
  const entries = tensors.map(({ name, shape, dtype = 'F32' }, k) => {
    const start = end;
    end += bodies[k]?.length ?? 0;
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const text = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let place = 8 + header.length;
  for (const body of bodies) {
    bytes.set(body, place);
    place += body.length;
  }
  return bytes;
}
