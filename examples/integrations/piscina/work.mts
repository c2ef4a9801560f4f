// piscina/work.mts
// The work of both pools. Piscina calls the default export.

export default function work(number: number): number {
  if (number < 0) throw new RangeError(`${number} is below 0`);
  if (number === 99) process.exit(1);
  return number < 2 ? number : work(number - 1) + work(number - 2);
}
