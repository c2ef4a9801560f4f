// The top of the landing page. The rest of the page is docs/README.md, which GitHub shows, too.

export const hero = {
  layout: "home",
  hero: {
    name: "zmq-native",
    text: "ZeroMQ for Node.js",
    tagline:
      "libzmq as a native addon with a typed, promise-based API. A drop-in replacement for the zeromq package, several times as fast with small messages.",
    actions: [
      { theme: "brand", text: "Get started", link: "/guide/01-first-steps" },
      { theme: "alt", text: "API reference", link: "/api/" },
      { theme: "alt", text: "Migrate from zeromq", link: "/migrating" },
    ],
  },
};
