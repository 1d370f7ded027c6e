/** What a check found wrong: the first few in words, all of them counted. */

const told = 8;

export interface Findings {
  readonly fail: (text: string) => void;
  readonly failures: readonly string[];
  readonly count: () => number;
}

export function findings(): Findings {
  const failures: string[] = [];
  let count = 0;
  return {
    failures,
    count: () => count,
    fail: text => {
      count++;
      if (failures.length < told) failures.push(text);
    },
  };
}
