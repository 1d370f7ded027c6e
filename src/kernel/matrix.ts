/**
 * Matrix units: the 32 members of a subgroup together compute a tile D += A · B of 16 rows and 8 columns, the sum over 16
 * (formats of sixteen bits) or 8 (f32, rounded to tf32). Who holds which element is written down here and nowhere else
 * (PTX ISA, "Matrix Fragments for mma.m16n8k16" and "mma.m16n8k8").
 *
 * A register of a member holds `packed` neighbours along the sum. A takes four registers, B two, D four of f32.
 */
import { bytesOf, type Expression, type Scalar, type Type } from './kernel.ts';

export const subgroupMembers = 32;
export const tileRows = 16;
export const tileColumns = 8;

/** Numbers in a register of 32 bits. */
export const packed = (scalar: Scalar): number => 4 / bytesOf(scalar);

/** Length of the sum of one operation. */
export const tileReduce = (scalar: Scalar): number => 8 * packed(scalar);

/** Elements that a member holds of each operand. */
export const elementsOfA = (scalar: Scalar): number => 4 * packed(scalar);
export const elementsOfB = (scalar: Scalar): number => 2 * packed(scalar);
export const elementsOfD = 4;

/** What is wrong with the operands of a `multiplyMatrices`. */
export function matrixProblems(
  { a, b, part }: { a: Expression; b: Expression; part: number },
  sum: Type,
): string[] {
  const { scalar } = a.type;
  const isMatrix = scalar === 'f16' || scalar === 'bf16' || scalar === 'f32';
  if (!isMatrix || b.type.scalar !== scalar)
    return [`no matrix units multiply ${scalar} by ${b.type.scalar}`];
  const problems: string[] = [];
  if (sum.scalar !== 'f32' || sum.lanes !== elementsOfD) problems.push('sums of matrices are four f32');
  if (a.type.lanes !== elementsOfA(scalar)) problems.push(`the first operand has ${a.type.lanes} lanes`);
  if (part < 0 || (part + 1) * elementsOfB(scalar) > b.type.lanes)
    problems.push(`no part ${part} of the second operand`);
  return problems;
}

/** A member's place among the others: its row of A or column of B, and its place along the other side. */
const placeOf = (member: number) => ({ group: Math.floor(member / 4), inGroup: member % 4 });

export function elementOfA(scalar: Scalar, member: number, element: number): { row: number; reduce: number } {
  const { group, inGroup } = placeOf(member);
  const [register, within] = [Math.floor(element / packed(scalar)), element % packed(scalar)];
  return {
    row: group + 8 * (register % 2),
    reduce: packed(scalar) * (inGroup + 4 * Math.floor(register / 2)) + within,
  };
}

export function elementOfB(
  scalar: Scalar,
  member: number,
  element: number,
): { reduce: number; column: number } {
  const { group, inGroup } = placeOf(member);
  const [register, within] = [Math.floor(element / packed(scalar)), element % packed(scalar)];
  return { reduce: packed(scalar) * (inGroup + 4 * register) + within, column: group };
}

export function elementOfD(member: number, element: number): { row: number; column: number } {
  const { group, inGroup } = placeOf(member);
  return { row: group + 8 * Math.floor(element / 2), column: 2 * inGroup + (element % 2) };
}
