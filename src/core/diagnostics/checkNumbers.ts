/** SOP02xx, errors that need numbers: sizes, ranges, limits. */
import { row } from './diagnostic.ts';

export const numberRows = {
  inexactDivision: row<{ text: string; left: number; right: number }>({
    code: 'SOP0205',
    severity: 'error',
    message: ({ text, left, right }) => `${text}: ${left}/${right} is not a whole number`,
    explanation: 'Every division of sizes must be exact. Use ceil(a, b) to round up.',
  }),
  conditionFails: row<{ text: string; left: number; right: number }>({
    code: 'SOP0206',
    severity: 'error',
    message: ({ text, left, right }) => `the condition ${text} does not hold: ${left} against ${right}`,
    explanation: 'A where clause names what the sizes of an operator must satisfy.',
  }),
  outOfRange: row<{ text: string; index: string; extent: string }>({
    code: 'SOP0208',
    severity: 'error',
    message: ({ text, index, extent }) => `${text} reads position ${index} of an axis of ${extent}`,
    explanation: 'Indices count from 0 and stay below the extent of their axis.',
  }),
  recursion: row<{ name: string; limit: number }>({
    code: 'SOP0212',
    severity: 'error',
    message: ({ name, limit }) => `${name} calls itself more than ${limit} deep`,
    explanation:
      'Recursion is unrolled when sizes are known; every path must reach an if that ends it within 64 calls.',
  }),
  missingSize: row<{ name: string; sizes: string }>({
    code: 'SOP0213',
    severity: 'error',
    message: ({ name, sizes }) => `${name} needs the size ${sizes}`,
    explanation:
      'An operator with sizes is compiled at given values: export it, or pass -D name=value for each.',
  }),
  tooLarge: row<{ what: string; value: number; limit: number }>({
    code: 'SOP0216',
    severity: 'error',
    message: ({ what, value, limit }) =>
      value < 0 ? `${what} is ${value}, below 0` : `${what} is ${value}; the limit is ${limit}`,
    explanation:
      'Sizes must be whole numbers from 0 to 2^31; tensors may hold up to 2^31 entries; arithmetic on sizes ' +
      'stays below 2^53.',
  }),
  budget: row<{ limit: number }>({
    code: 'SOP0219',
    severity: 'error',
    message: ({ limit }) => `the operator grows beyond ${limit} nodes`,
    explanation:
      'Indexed sums, products, powers and recursion are unrolled, and a let is written out wherever it is ' +
      'read; the result has a budget.',
  }),
  nesting: row<{ limit: number }>({
    code: 'SOP0231',
    severity: 'error',
    message: ({ limit }) => `expressions nest deeper than ${limit}`,
    explanation: 'Name the inner parts with let, or split the operator.',
  }),
  notWhole: row<{ text: string; value: number }>({
    code: 'SOP0232',
    severity: 'error',
    message: ({ text, value }) => `${text} is ${value}, not a whole number`,
    explanation: 'A size is a whole number: a power of a size with a negative exponent is not one.',
  }),
} as const;
