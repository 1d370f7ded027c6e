/** What a check found wrong: the first few in words, all of them counted. */

const told = 8;

export interface Findings {
  readonly fail: (text: string) => void;
  readonly failures: readonly string[];
  readonly count: () => number;
  /** Whether the check may end: one failure was enough for whoever asked. */
  readonly isEnough: () => boolean;
}

export function findings(enough: number): Findings {
  const failures: string[] = [];
  let count = 0;
  return {
    failures,
    count: () => count,
    isEnough: () => count >= enough,
    fail: text => {
      count++;
      if (failures.length < told) failures.push(text);
    },
  };
}
