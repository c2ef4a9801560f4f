// The version of the package. package.json has it, too: test/package/version.test.ts compares them. A bundle of a program
// does not include package.json.

export const packageVersion = "0.1.0";
