/** Damaged copies of valid files: bytes changed, cut off, repeated, inserted. */
import fc from 'fast-check';

export function mutated(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: Math.max(0, bytes.length - 1) });
  const change = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), place, value: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('cut' as const), place, value: fc.constant(0) }),
    fc.record({ kind: fc.constant('insert' as const), place, value: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('repeat' as const), place, value: fc.integer({ min: 1, max: 40 }) }),
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map(changes => {
    let made = [...bytes];
    for (const { kind, place: at, value } of changes) {
      if (kind === 'set') made[at] = value;
      else if (kind === 'cut') made = made.slice(0, at);
      else if (kind === 'insert') made.splice(at, 0, value);
      else made.splice(at, 0, ...made.slice(at, at + value));
    }
    return Uint8Array.from(made, byte => byte ?? 0);
  });
}
