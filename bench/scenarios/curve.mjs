import { libraries, nodeEnds, sizeName, stock, stockEnds, stream, toolEnds } from "../ends.mjs";

/** Keys of nobody. libzmq's tools have their own. */
const curve = {
  server: {
    publicKey: "M::W0Osn#[rw]m.5[&?o[=QdXAovgJ<zihknSE14",
    secretKey: "V#W]mqgv53t#l}7T8Od@E)Q3EO.Y7J!2[U8Q}4dE",
  },
  client: {
    publicKey: "Ap9>=nqWhfYcdZCdNHpr9l<z9QCsuhsBKpoGfy+)",
    secretKey: "SV[H${&Ct?88ammR&#9(v79!%Kjg4^^3tlIdiNE7",
  },
};

export default {
  name: "curve",
  rounds: 3,
  title: "Encrypted by CURVE",
  figure: "rate",
  unit: "messages/s",
  about:
    "Sender and receiver in two processes over tcp, encrypted: libsodium as it is built here, or the system's. Higher is better.",
  cases: [64, 1024, 65536].map((size) => {
    const same = (name, ends, slowness) => stream(name, ends, ends, { size, curve }, slowness);
    return {
      name: sizeName(size),
      x: size,
      contenders: [
        same(stock, stockEnds, 4),
        same("C", toolEnds, 4),
        same("ours, by batch", nodeEnds(libraries.ours, "batch"), 4),
        same("ours, by message", nodeEnds(libraries.ours, "message"), 4),
        same("zeromq", nodeEnds(libraries.zeromq, "message"), 8),
      ],
    };
  }),
};
