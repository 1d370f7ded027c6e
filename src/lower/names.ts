/** Names of the variables of a kernel. */

/** A name that nothing else of the kernel has, of what was asked for and what was given so far. */
export function fresh({ names }: { readonly names: Map<string, number> }, stem: string): string {
  let count = names.get(stem) ?? 0;
  while (count > 0 && names.has(`${stem}_${count}`)) count++;
  names.set(stem, count + 1);
  const name = count === 0 ? stem : `${stem}_${count}`;
  if (count > 0) names.set(name, 1);
  return name;
}
