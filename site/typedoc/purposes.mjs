// The options of sockets and contexts by purpose. To add an option, add its name to the purpose that readers look under.

/** Each purpose: its title, a sentence about it, the page that explains it, and the names of the options. */
export const purposes = [
  {
    title: "Queues and waiting",
    about:
      "How many messages are queued for a peer, how long a call waits, and how long unsent messages are kept.",
    page: "back-pressure",
    options: `sendHighWaterMark receiveHighWaterMark sendTimeout receiveTimeout linger immediate conflate noDrop
      sendBufferSize receiveBufferSize sendQueue receiveQueue distinctErrors`,
  },
  {
    title: "Connecting and reconnecting",
    about: "Intervals and time limits of connections, and heartbeats that detect a lost peer.",
    page: "transports",
    options: `reconnectInterval reconnectMaxInterval reconnectStop connectTimeout handshakeInterval backlog
      heartbeatInterval heartbeatTimeout heartbeatTimeToLive helloMessage disconnectMessage hiccupMessage`,
  },
  {
    title: "Security and limits",
    about: "Who may connect, encryption, and the size of messages that a peer may send.",
    page: "secure-a-server",
    options: `maxMessageSize maxFrames curveServer curvePublicKey curveSecretKey curveServerKey plainServer
      plainUsername plainPassword zapDomain zapEnforceDomain tcpAcceptFilter wssKey wssCertificate wssTrust
      wssTrustSystem wssHostname gssapiServer gssapiPrincipal gssapiServicePrincipal gssapiPlainText
      gssapiPrincipalNameType gssapiServicePrincipalNameType`,
  },
  {
    title: "Publishing and subscribing",
    about: "How publishers and subscribers match and report subscriptions.",
    page: "guide/02-publish-subscribe",
    options: "invertMatching manual welcomeMessage verboseUnsubscribe topicsCount verbosity",
  },
  {
    title: "Requests and routing",
    about: "How peers are named and addressed, and in which order requests and replies may be sent.",
    page: "guide/07-routing",
    options: "routingId routingIdBytes mandatory handover probeRouter correlate relaxed notify",
  },
  {
    title: "IP and TCP",
    about: "Settings of the network connection.",
    page: "transports",
    options: `ipv6 interface socksProxy tcpKeepalive tcpKeepaliveCount tcpKeepaliveIdle tcpKeepaliveInterval
      tcpMaxRetransmitTimeout typeOfService loopbackFastPath busyPoll`,
  },
  {
    title: "Multicast",
    about: "Rates, loss recovery and packets of pgm, epgm, norm and udp.",
    page: "multicast",
    options: `multicast rate recoveryInterval multicastHops multicastMaxTransportDataUnit normMode normUnicastNack
      normBufferSize normSegmentSize normBlockSize normNumParity normNumAutoparity normPush`,
  },
  {
    title: "Threads and resources",
    about: "I/O threads, and limits of a context.",
    page: "performance",
    options: `affinity ioThreads ioThreadSpin maxSockets maxSocketsLimit threadPriority threadSchedulingPolicy blocky
      vmciBufferSize vmciBufferMinSize vmciBufferMaxSize vmciConnectTimeout`,
  },
  {
    title: "State",
    about: "Read-only properties.",
    page: "guide/06-sockets-and-patterns",
    options: "type lastEndpoint securityMechanism threadSafe",
  },
].map((purpose) => ({ ...purpose, options: purpose.options.split(/\s+/) }));

/** The chapter of the guide that introduces each class. */
export const chapters = {
  "02-publish-subscribe": ["Publisher", "Subscriber", "XPublisher", "XSubscriber"],
  "03-divide-and-conquer": ["Push", "Pull", "Scatter", "Gather"],
  "04-context-and-exit": ["Context"],
  "06-sockets-and-patterns": ["Socket", "Pair", "Channel", "Proxy", "Stream"],
  "07-routing": ["Request", "Reply", "Dealer", "Router", "Client", "Server", "Peer"],
  "10-discovery": ["Radio", "Dish", "Datagram"],
};
