/** What the page times, for the page and for the tables that are written before it runs. */

/** Rows in one product. */
export const batches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** A line ends before a product that would take longer, so that the page is done soon on any machine. */
export const longestSeconds = 0.1;
