/** Rows in the products that the page times, for the page and for the table that is built before it. */
export const batches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;
