// The version of the package, which bundles of programs contain without package.json. test/package/version.test.ts compares
// the two.

export const packageVersion = "0.1.0";
