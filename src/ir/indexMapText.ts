/** Index maps as text for people: the image of i as a formula. */
import type { IndexMap } from './indexMap.ts';

/** The image of i under a map; digits of i are written (i / inner % extent). */
export function mapText(map: IndexMap, i = 'i'): string {
  switch (map.kind) {
    case 'strided': {
      let inner = map.domain;
      const terms = map.digits.map(({ extent, stride }) => {
        inner /= extent;
        const shifted = inner === 1 ? i : `${i} / ${inner}`;
        const isFirst = inner * extent === map.domain;
        const digit = isFirst ? shifted : `${shifted} % ${extent}`;
        return scaled(stride, digit === i ? i : `(${digit})`);
      });
      return sumText(map.offset, terms);
    }
    case 'affine':
      return `(${sumText(map.offset, [scaled(map.multiplier, i)])}) % ${map.range}`;
    case 'bitLinear':
      return `bits(${i}) . [${map.columns}] ^ ${map.offset}`;
    case 'tensor': {
      const outer = mapText(map.outer, `${i} / ${map.inner.domain}`);
      const inner = mapText(map.inner, `${i} % ${map.inner.domain}`);
      return `(${outer}) x (${inner})`;
    }
    case 'directSum':
      return map.parts.map(part => mapText(part, i)).join(' (+) ');
    case 'compose':
      return mapText(map.outer, `(${mapText(map.inner, i)})`);
    case 'table':
      return `table[${map.domain}][${i}]`;
    case 'data':
      return `${map.table.kind === 'parameter' ? map.table.name : `computed[${map.domain}]`}[${i}]`;
  }
}

export const scaled = (factor: number, name: string): string => (factor === 1 ? name : `${factor} ${name}`);
export const sumText = (offset: number, terms: readonly string[]): string =>
  [...(offset === 0 && terms.length > 0 ? [] : [String(offset)]), ...terms]
    .join(' + ')
    .replaceAll('+ -', '- ');
