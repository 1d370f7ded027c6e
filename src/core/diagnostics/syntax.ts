/** SOP01xx: text that is not a program. */
import { row } from './diagnostic.ts';

export const syntax = {
  unexpected: row<{ found: string; expected: string }>({
    code: 'SOP0101',
    severity: 'error',
    message: ({ found, expected }) => `expected ${expected}, found ${found}`,
    explanation:
      'The text does not follow the grammar at this place. The message names what could stand here.',
  }),
  character: row<{ text: string }>({
    code: 'SOP0102',
    severity: 'error',
    message: ({ text }) => `the character ${text} has no meaning here`,
    explanation:
      'The source holds a character that no word or sign of the language contains. Products are written with *.',
  }),
  unterminatedString: row<Record<string, never>>({
    code: 'SOP0103',
    severity: 'error',
    message: () => 'the string does not end on its line',
    explanation: 'A string begins and ends with a double quote on one line.',
  }),
  tooLong: row<{ characters: number; limit: number }>({
    code: 'SOP0104',
    severity: 'error',
    message: ({ characters, limit }) => `the source has ${characters} characters; the limit is ${limit}`,
    explanation: 'A source file may hold up to 1 MiB. Large tables belong in parameter files.',
  }),
  tooDeep: row<{ limit: number }>({
    code: 'SOP0105',
    severity: 'error',
    message: ({ limit }) => `brackets, signs, conditions or sums nest deeper than ${limit}`,
    explanation: 'Expressions may nest 64 deep. Name inner parts with let, or split the operator.',
  }),
  chainTooLong: row<{ limit: number }>({
    code: 'SOP0106',
    severity: 'error',
    message: ({ limit }) => `one expression joins more than ${limit} parts`,
    explanation:
      'An expression may have 1024 operator signs, calls and indexings. An indexed sum or product says it in less.',
  }),
  tooMany: row<{ limit: number }>({
    code: 'SOP0107',
    severity: 'error',
    message: ({ limit }) => `more than ${limit} errors; the rest of the file is not read`,
    explanation:
      'A file with this many errors is probably no .sop source, or one early mistake causes the rest.',
  }),
} as const;
