/** SOP02xx, errors about other files: `use`, patterns, what is asked for by name. */
import { row } from './diagnostic.ts';

export const fileRows = {
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
  patternFile: row<{ path: string; line: number; why: string }>({
    code: 'SOP0234',
    severity: 'error',
    message: ({ path, line, why }) => `"${path}" line ${line}: ${why}`,
    explanation:
      'A pattern file is in the Matrix Market coordinate format, real, integer or pattern, general or ' +
      'symmetric; its header must tell the truth about the sizes and the number of entries.',
  }),
  patternMissing: row<{ path: string }>({
    code: 'SOP0235',
    severity: 'warning',
    message: ({ path }) => `the pattern file "${path}" was not found; it is needed to compile what uses it`,
    explanation:
      'The entries of a pattern stand in a Matrix Market file. Everything but their number can be checked ' +
      'without it.',
  }),
  patternEntry: row<{ text: string; why: string }>({
    code: 'SOP0236',
    severity: 'error',
    message: ({ text, why }) => `the entry ${text} ${why}`,
    explanation: 'Each entry of a pattern is a row and a column inside its sizes, listed once.',
  }),
} as const;
