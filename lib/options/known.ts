// The options of all classes, which errors about options name.

interface KnownOption {
  readonly prototype: object;
  readonly name: string;
  readonly id: number;
  readonly writable: boolean;
}

/** @internal */
export const knownOptions: KnownOption[] = [];
