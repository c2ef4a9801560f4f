// The option `zapDomain` of a socket.

import { expect, test } from "vitest";
import { Router } from "zmq-native";

test("zapDomain: null removes the domain, and an empty string fails", () => {
  using router = new Router({ zapDomain: null });
  expect(router.zapDomain).toBeNull();
  router.zapDomain = "global";
  expect(router.zapDomain).toBe("global");
  const invalid = { code: "EINVAL", detail: expect.stringContaining("1 to 255 bytes, or null for none") };
  for (const domain of ["", "x".repeat(256)]) {
    expect(() => new Router({ zapDomain: domain })).toThrow(expect.objectContaining(invalid));
  }
  router.zapDomain = null;
  expect(router.zapDomain).toBeNull();
});
