// Z85, public keys, and certificates with their files.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import fc from "fast-check";
import nacl from "tweetnacl";
import { afterAll, describe, expect, test } from "vitest";
import { Certificate, curveKeyPair, curvePublicKey, z85 } from "zmq-native";

const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mode = (path: string) => statSync(path).mode & 0o777;
const posix = process.platform !== "win32";

describe("z85", () => {
  test("encodes and decodes the examples of RFC 32", () => {
    const bytes = Buffer.from("864fd26fb559f75b", "hex");
    expect([z85.encode(bytes), z85.decode("HelloWorld")]).toEqual(["HelloWorld", bytes]);
    expect([z85.encode(new Uint8Array(0)), z85.decode("")]).toEqual(["", Buffer.alloc(0)]);
  });

  test("decodes what it encodes, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const whole = bytes.subarray(0, bytes.length & ~3);
        const text = z85.encode(whole);
        expect(text).toHaveLength((whole.length / 4) * 5);
        expect(z85.decode(text)).toEqual(Buffer.from(whole));
      }),
    );
  });

  test.each(["Hello", "#####", "%nSc0"])("%s has the value of its digits", (text) => {
    const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    const value = [...text].reduce((sum, digit) => sum * 85 + digits.indexOf(digit), 0);
    if (value < 2 ** 32) expect(z85.decode(text).readUInt32BE()).toBe(value);
    else expect(() => z85.decode(text)).toThrow(TypeError);
  });

  test("rejects other values", () => {
    for (const text of ["Hell", "Hell~", "Hell\0", "é1234", 5, undefined]) {
      expect(() => z85.decode(text as string)).toThrow(
        /takes text whose length is a multiple of 5: groups of Z85 digits/,
      );
    }
    expect(() => z85.encode(Buffer.alloc(3))).toThrow(/multiple of 4, got 3: pad them/);
    expect(() => z85.encode("text" as never)).toThrow(/takes a Buffer or Uint8Array, got 'text'/);
  });
});

describe("curvePublicKey", () => {
  test("agrees with zmq_curve_keypair", () => {
    for (let count = 0; count < 20; count++) {
      const { publicKey, secretKey } = curveKeyPair();
      expect(curvePublicKey(secretKey)).toBe(publicKey);
      expect(curvePublicKey(z85.decode(secretKey))).toBe(publicKey);
    }
  });

  test("agrees with the test keys of zmq_curve(7)", () => {
    expect(curvePublicKey("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")).toBe(
      "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    );
  });

  test("agrees with NaCl for any 32 bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret) => {
        expect(z85.decode(curvePublicKey(secret))).toEqual(Buffer.from(nacl.scalarMult.base(secret)));
      }),
    );
  });

  test("rejects other values without showing them", () => {
    for (const key of ["secret".repeat(7), Buffer.alloc(31), undefined]) {
      const call = () => curvePublicKey(key as string);
      expect(call).toThrow(
        /^secretKey must be a CURVE key: 40 characters of Z85, or 32 bytes.*which is not shown$/,
      );
    }
  });
});

describe("errors do not show a secret key that is passed by mistake", () => {
  const { publicKey, secretKey } = curveKeyPair();
  test.each<[string, () => unknown]>([
    ["to z85.encode", () => z85.encode(secretKey as never)],
    ["to z85.decode", () => z85.decode(`${secretKey}x`)],
    ["as the only argument", () => new Certificate(secretKey as never)],
    ["as a public key", () => new Certificate({ publicKey: `${secretKey}\n` })],
    ["as bytes", () => new Certificate({ publicKey: Buffer.from(`${secretKey}\n`) })],
    ["instead of the public key", () => new Certificate({ publicKey: secretKey, secretKey: publicKey })],
  ])("%s", (_, call) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(expect.objectContaining({ stack: expect.not.stringContaining(secretKey) }));
  });
});

describe("Certificate", () => {
  test("generate makes a new pair with metadata", () => {
    const [first, second] = [Certificate.generate({ name: "ada" }), Certificate.generate()];
    expect(curvePublicKey(first.secretKey!)).toBe(first.publicKey);
    expect([first.metadata, second.metadata]).toEqual([{ name: "ada" }, {}]);
    expect(first.publicKey).not.toBe(second.publicKey);
  });

  test("takes a secret key, a public key, or both", () => {
    const { publicKey, secretKey } = curveKeyPair();
    expect(new Certificate({ secretKey }).publicKey).toBe(publicKey);
    expect(new Certificate({ publicKey: z85.decode(publicKey), secretKey }).secretKey).toBe(secretKey);
    const known = new Certificate({ publicKey });
    expect([known.publicKey, known.secretKey]).toEqual([publicKey, undefined]);
    const other = curveKeyPair().publicKey;
    expect(() => new Certificate({ publicKey: other, secretKey })).toThrow(/does not belong to secretKey/);
    expect(() => new Certificate({})).toThrow(/publicKey must be a CURVE key.*got undefined/);
    expect(() => new Certificate(undefined as never)).toThrow(/takes \{ publicKey, secretKey, metadata \}/);
  });

  test("does not show the secret key", () => {
    const certificate = Certificate.generate({ name: "ada" });
    const shown = [inspect(certificate, { depth: 9, showHidden: true }), JSON.stringify(certificate)];
    for (const text of shown) {
      expect(text).toContain(JSON.stringify(certificate.publicKey).slice(1, 5));
      expect(text).not.toContain(certificate.secretKey);
    }
  });

  test.each<[unknown, RegExp]>([
    ["ada", /metadata must be an object, got 'ada'/],
    [{ "a b": "c" }, /the name 'a b' must consist of letters/],
    [{ name: 7 }, /metadata: name must be a string, got 7/],
    [{ name: "a\nb" }, /metadata: name must be one line/],
    [{ name: `"'` }, /at most one kind of quotation mark/],
  ])("rejects the metadata %o", (metadata, message) => {
    expect(() => Certificate.generate(metadata as never)).toThrow(message);
  });
});

describe("files", () => {
  test("save writes a public file and a secret one that only the owner may read", async () => {
    const path = join(folder, "ada.key");
    const metadata = { name: "Ada # Lovelace", quote: `"yes"`, empty: "", email: "ada@example.com" };
    const certificate = Certificate.generate(metadata);
    writeFileSync(`${path}_secret`, "an old file", { mode: 0o644 });
    if (posix) chmodSync(`${path}_secret`, 0o644);
    await certificate.save(path);
    if (posix) expect(mode(`${path}_secret`)).toBe(0o600);
    expect(readFileSync(path, "utf8")).not.toContain("secret-key");
    for (const file of [path, `${path}_secret`, pathToFileURL(path)]) {
      const loaded = await Certificate.load(file);
      expect(loaded).toBeInstanceOf(Certificate);
      expect({ ...loaded, secretKey: loaded.secretKey }).toEqual({
        publicKey: certificate.publicKey,
        secretKey: certificate.secretKey,
        metadata,
      });
    }
    rmSync(`${path}_secret`);
    expect((await Certificate.load(path)).secretKey).toBeUndefined();
    await (await Certificate.load(path)).save(join(folder, "public.key"));
    expect(readdirSync(folder).filter((name) => /public|tmp/.test(name))).toEqual(["public.key"]);
  });

  test.each([
    ["tabs and no quotation marks", (key: string) => `curve\n\tpublic-key = ${key}\n`],
    ["comments and single quotation marks", (key: string) => `# x\ncurve\n    public-key = '${key}' # z\n`],
    ["CRLF and other sections", (key: string) => `other\r\n    x = 1\r\ncurve\r\n  public-key="${key}"\r\n`],
  ])("load reads %s", async (_, text) => {
    const path = join(folder, "variant.key");
    // With the character of comments.
    let { publicKey } = curveKeyPair();
    while (!publicKey.includes("#")) publicKey = curveKeyPair().publicKey;
    writeFileSync(path, text(publicKey));
    expect((await Certificate.load(path)).publicKey).toBe(publicKey);
  });

  test("save does not leave the secret of another certificate beside a public file", async () => {
    const path = join(folder, "mixed.key");
    const ada = Certificate.generate();
    await ada.save(path);
    const bob = new Certificate({ publicKey: Certificate.generate().publicKey });
    await expect(bob.save(path)).rejects.toThrow(`${path}_secret has the secret of another certificate`);
    expect((await Certificate.load(path)).publicKey).toBe(ada.publicKey);
    await new Certificate({ publicKey: ada.publicKey, metadata: { name: "ada" } }).save(path);
    expect((await Certificate.load(path)).secretKey).toBe(ada.secretKey);
  });

  test("errors name the file", async () => {
    const path = join(folder, "broken.key");
    const { publicKey, secretKey } = curveKeyPair();
    const texts: [string, RegExp][] = [
      ["", /broken\.key is not a certificate: it lacks "public-key" in the section "curve"/],
      [`public-key = "${publicKey}"`, /lacks "public-key"/],
      ['curve\n    public-key = "short"', /not a certificate: publicKey must be a CURVE key/],
      [`curve\n    public-key = "${curveKeyPair().publicKey}"\n    secret-key = "${secretKey}"`, /belong/],
      [`curve\n    public-key = "${publicKey}"\n    secret-key = "none"`, /which is not shown/],
      ["x".repeat(100_000), /it has 100000 bytes, and certificates have at most 65536/],
    ];
    for (const [text, message] of texts) {
      writeFileSync(path, text);
      await expect(Certificate.load(path)).rejects.toThrow(message);
    }
    mkdirSync(join(folder, "folder.key"));
    await expect(Certificate.load(join(folder, "folder.key"))).rejects.toThrow(/folder\.key is not a file/);
    await expect(Certificate.load(join(folder, "absent.key"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(Certificate.load(7 as never)).rejects.toThrow(/path must be the path .* got 7/);
    const certificate = Certificate.generate();
    await expect(certificate.save(`${path}_secret`)).rejects.toThrow(
      /appends "_secret" itself: pass '.*key'/,
    );
    await expect(certificate.save(join(folder, "none", "ada.key"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
