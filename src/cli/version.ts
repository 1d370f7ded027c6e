/** The version of the package; test/cli checks that package.json says the same. */
export const version = '0.1.0';
