/** Every row of every table, for `sop explain --code` and the docs. */
import { checking } from './check.ts';
import { data } from './data.ts';
import type { Row } from './diagnostic.ts';
import { syntax } from './syntax.ts';

export const diagnosticRows: readonly Pick<Row<never>, 'code' | 'severity' | 'explanation'>[] = [
  ...Object.values(syntax),
  ...Object.values(checking),
  ...Object.values(data),
];
