// Certificates for wss, made by openssl.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaSync } from "execa";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

interface Wanted {
  /** Names for whom the certificate is, as in `DNS:feed.example` and `IP:127.0.0.1`. */
  readonly names?: readonly string[];
  /** The issuer. Default: the certificate itself. */
  readonly issuer?: Certificate;
  /** Whether it may issue others. */
  readonly authority?: boolean;
  /** `rsa:2048`, or the name of a curve. Default: P-256. */
  readonly algorithm?: string;
  /** Days from now. Default: valid for two days. */
  readonly valid?: readonly [from: number, to: number];
}

const day = 86_400_000;

/** A time in the form of ASN.1. */
const timeAfter = (days: number) =>
  `${new Date(Date.now() + days * day).toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`;

const configuration = (folder: string) => `[ca]
default_ca = any
[any]
database = ${join(folder, "index")}
rand_serial = yes
default_md = sha256
policy = policy
copy_extensions = copy
unique_subject = no
[policy]
commonName = supplied
`;

/** Makes a certificate and its key. */
export function makeCertificate(wanted: Wanted = {}): Certificate {
  const { names = ["DNS:feed.example", "IP:127.0.0.1"], issuer, authority = false } = wanted;
  const { algorithm = "prime256v1", valid = [-1, 2] } = wanted;
  const folder = mkdtempSync(join(tmpdir(), "zmq-native-"));
  try {
    const file = (name: string) => join(folder, name);
    const read = (name: string) => readFileSync(file(name), "utf8");
    const newKey = algorithm.startsWith("rsa:")
      ? ["-newkey", algorithm]
      : ["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${algorithm}`];
    const subject = ["-subj", `/CN=${authority ? "an authority" : "a server"}`];
    const extensions = [
      ...["-addext", `basicConstraints=critical,CA:${authority ? "TRUE" : "FALSE"}`],
      ...(names.length > 0 ? ["-addext", `subjectAltName=${names.join(",")}`] : []),
    ];
    const request = ["-keyout", file("key"), "-out", file("request")];
    execaSync("openssl", ["req", "-new", "-nodes", ...newKey, ...subject, ...extensions, ...request]);
    writeFileSync(file("configuration"), configuration(folder));
    writeFileSync(file("index"), "");
    if (issuer) {
      writeFileSync(file("issuer"), issuer.certificate);
      writeFileSync(file("issuer-key"), issuer.key);
    }
    const by = issuer
      ? ["-cert", file("issuer"), "-keyfile", file("issuer-key")]
      : ["-selfsign", "-keyfile", file("key")];
    const dates = ["-startdate", timeAfter(valid[0]), "-enddate", timeAfter(valid[1])];
    const files = ["-in", file("request"), "-out", file("certificate"), "-outdir", folder, "-notext"];
    execaSync("openssl", ["ca", "-batch", "-config", file("configuration"), ...by, ...dates, ...files]);
    return { certificate: read("certificate"), key: read("key") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
