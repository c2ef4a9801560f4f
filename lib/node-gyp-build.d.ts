// node-gyp-build ships no types: it loads the addon that lies in a package's folder.
declare module "node-gyp-build" {
  export default function load(packageFolder: string): unknown;
}
