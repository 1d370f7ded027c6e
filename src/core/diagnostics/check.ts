/** SOP02xx: programs that mean nothing, or nothing yet. */
import { row } from './diagnostic.ts';

export const checking = {
  unknownName: row<{ name: string }>({
    code: 'SOP0201',
    severity: 'error',
    message: ({ name }) => `'${name}' is not defined here`,
    explanation:
      'A name must be a size in brackets, a parameter, a let, an operator of the file or of a use, or a word of the language.',
  }),
  wrongSort: row<{ found: string; expected: string }>({
    code: 'SOP0202',
    severity: 'error',
    message: ({ found, expected }) => `expected ${expected}, found ${found}`,
    explanation:
      'Sizes, tensors, operators and maps are four sorts. dense(T) makes an operator of a matrix; an operator is applied with *.',
  }),
  factorsDisagree: row<{ left: string; takes: number; right: string; gives: number }>({
    code: 'SOP0203',
    severity: 'error',
    message: ({ left, takes, right, gives }) =>
      `${left} takes ${takes} inputs, but ${right} gives ${gives} outputs`,
    explanation: 'In A * B the operator B is applied first; A must take as many inputs as B gives outputs.',
  }),
  wrongCount: row<{ what: string; expected: string; found: number }>({
    code: 'SOP0204',
    severity: 'error',
    message: ({ what, expected, found }) => `${what} takes ${expected}, not ${found}`,
    explanation: 'An operator or function was called with too few or too many sizes or arguments.',
  }),
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
  declaredShape: row<{ name: string; declared: string; found: string }>({
    code: 'SOP0207',
    severity: 'error',
    message: ({ name, declared, found }) => `${name} is declared ${declared}, but its body maps ${found}`,
    explanation:
      'The type after the colon says how many inputs and outputs an operator has; the body must agree.',
  }),
  outOfRange: row<{ text: string; index: number; extent: number }>({
    code: 'SOP0208',
    severity: 'error',
    message: ({ text, index, extent }) => `${text} reads position ${index} of an axis of ${extent}`,
    explanation: 'Indices count from 0 and stay below the extent of their axis.',
  }),
  shapesDisagree: row<{ what: string; left: string; right: string }>({
    code: 'SOP0209',
    severity: 'error',
    message: ({ what, left, right }) => `${what} needs equal shapes, not ${left} and ${right}`,
    explanation:
      'Nothing is broadcast silently: elementwise arithmetic takes tensors of one shape, or a number.',
  }),
  leafShape: row<{ leaf: string; expected: string; found: string }>({
    code: 'SOP0210',
    severity: 'error',
    message: ({ leaf, expected, found }) => `${leaf} takes ${expected}, not ${found}`,
    explanation:
      'Each leaf takes tensors of a fixed number of axes; see the table of leaves in the language reference.',
  }),
  notSupported: row<{ what: string }>({
    code: 'SOP0211',
    severity: 'error',
    message: ({ what }) => `${what} is not supported yet`,
    explanation:
      'The language describes it and the checker understands it, but no later stage compiles it yet. The support table in the docs says what does.',
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
  duplicate: row<{ name: string }>({
    code: 'SOP0214',
    severity: 'error',
    message: ({ name }) => `'${name}' is defined twice`,
    explanation: 'Sizes, parameters, operators, scans and patterns share one namespace.',
  }),
  mapMisuse: row<{ what: string }>({
    code: 'SOP0215',
    severity: 'error',
    message: ({ what }) => `${what} is a linear operation, and a map with pointwise steps is not linear`,
    explanation:
      'A map (an operator followed by |> steps) can be applied and continued with |>, but has no adjoint, inverse or sum.',
  }),
  tooLarge: row<{ what: string; value: number; limit: number }>({
    code: 'SOP0216',
    severity: 'error',
    message: ({ what, value, limit }) => `${what} is ${value}; the limit is ${limit}`,
    explanation: 'Sizes must be whole numbers from 0 to 2^31; tensors may hold up to 2^31 entries.',
  }),
  unreadable: row<{ path: string; why: string }>({
    code: 'SOP0217',
    severity: 'error',
    message: ({ path, why }) => `cannot use "${path}": ${why}`,
    explanation: 'A use names a .sop file inside the project root, and names that it defines.',
  }),
  unknownOperator: row<{ name: string; known: string }>({
    code: 'SOP0218',
    severity: 'error',
    message: ({ name, known }) => `no operator '${name}' in this file; it has ${known}`,
    explanation: 'The operator asked for is neither an op nor an export of the file.',
  }),
  budget: row<{ limit: number }>({
    code: 'SOP0219',
    severity: 'error',
    message: ({ limit }) => `the operator grows beyond ${limit} nodes`,
    explanation: 'Indexed sums, products and recursion are unrolled; the result has a budget.',
  }),
  badPermute: row<{ why: string }>({
    code: 'SOP0220',
    severity: 'error',
    message: ({ why }) => `the axes of permute do not match: ${why}`,
    explanation:
      'permute("a b c -> c a b", A, B, C) names each axis once on each side and gives their sizes in the order of the left side.',
  }),
  notSquare: row<{ what: string; rows: number; columns: number }>({
    code: 'SOP0221',
    severity: 'error',
    message: ({ what, rows, columns }) => `${what} needs a square operator, not ${columns} -> ${rows}`,
    explanation: 'Inverses and powers exist for operators with as many outputs as inputs.',
  }),
  noInverse: row<{ what: string }>({
    code: 'SOP0222',
    severity: 'error',
    message: ({ what }) => `no rule inverts ${what}; inverses of general operators are not supported yet`,
    explanation:
      'Inverses are compiled for diagonal, permutation, triangular and orthogonal operators and for products and direct sums of these.',
  }),
  unused: row<{ name: string }>({
    code: 'SOP0223',
    severity: 'warning',
    message: ({ name }) => `'${name}' is never used`,
    explanation: 'A let or a parameter that no expression reads is probably a slip.',
  }),
} as const;
