// The commands of `zmq` that open one socket: a row for each socket type. Data only, so that `zmq --help` does not load the
// addon.

/** How a message tells its peer or group. */
type Envelope = "none" | "address" | "routingId" | "group";

/** A socket type, as a command. */
export interface SocketKind {
  /** The name of the command. */
  readonly name: string;
  /** The class, in `zmq-native` or `zmq-native/draft`. */
  readonly className: string;
  readonly draft?: true;
  readonly summary: string;
  readonly sends: boolean;
  readonly receives: boolean;
  /**
   * `address`: the first frame tells the peer. `routingId`, `group`: a value beside the frames does, and the message has one
   * frame.
   */
  readonly envelope: Envelope;
  /** `one`: behind the address, a message has exactly one frame. */
  readonly body?: "one";
  /** Messages without a body report that a peer has connected or disconnected. */
  readonly notices?: true;
  /** Sends and receives in turn: `request` sends first, `reply` receives first. */
  readonly turns?: "request" | "reply";
  readonly example: string;
}

const both = { sends: true, receives: true } as const;
const sending = { sends: true, receives: false } as const;
const receiving = { sends: false, receives: true } as const;

/** The rows, in the order of `zmq --help`. */
export const socketKinds: readonly SocketKind[] = [
  {
    name: "pub",
    className: "Publisher",
    summary: "publish messages to all subscribers",
    ...sending,
    envelope: "none",
    example: "zmq pub --bind tcp://127.0.0.1:5555 --interval 1000 'time {{time}}'",
  },
  {
    name: "sub",
    className: "Subscriber",
    summary: "receive the messages of publishers",
    ...receiving,
    envelope: "none",
    example: "zmq sub --connect tcp://127.0.0.1:5555 --subscribe time",
  },
  {
    name: "push",
    className: "Push",
    summary: "distribute messages among Pull sockets",
    ...sending,
    envelope: "none",
    example: "seq 1000 | zmq push --connect tcp://127.0.0.1:5555",
  },
  {
    name: "pull",
    className: "Pull",
    summary: "receive the messages of Push sockets",
    ...receiving,
    envelope: "none",
    example: "zmq pull --bind tcp://127.0.0.1:5555 > lines.txt",
  },
  {
    name: "req",
    className: "Request",
    summary: "send requests, and print the reply to each",
    ...both,
    envelope: "none",
    turns: "request",
    example: "zmq req --connect tcp://127.0.0.1:5555 --timeout 2000 hello",
  },
  {
    name: "rep",
    className: "Reply",
    summary: "answer requests",
    ...both,
    envelope: "none",
    turns: "reply",
    example: "zmq rep --bind tcp://127.0.0.1:5555 --exec 'tr a-z A-Z'",
  },
  {
    name: "dealer",
    className: "Dealer",
    summary: "exchange messages with several peers",
    ...both,
    envelope: "none",
    example: "zmq dealer --connect tcp://127.0.0.1:5555 --separator '|' --count 1 '|hello'",
  },
  {
    name: "router",
    className: "Router",
    summary: "exchange messages with peers by routing id, the first frame",
    ...both,
    envelope: "address",
    example: "zmq router --bind tcp://127.0.0.1:5555 --echo",
  },
  {
    name: "pair",
    className: "Pair",
    summary: "exchange messages with one peer",
    ...both,
    envelope: "none",
    example: "zmq pair --connect tcp://127.0.0.1:5555",
  },
  {
    name: "xpub",
    className: "XPublisher",
    summary: "publish messages, and print subscriptions",
    ...both,
    envelope: "none",
    example: "zmq xpub --bind tcp://127.0.0.1:5555 --output hex",
  },
  {
    name: "xsub",
    className: "XSubscriber",
    summary: "receive the messages of publishers, and send subscriptions",
    ...both,
    envelope: "none",
    example: "zmq xsub --connect tcp://127.0.0.1:5555 --subscribe time",
  },
  {
    name: "stream",
    className: "Stream",
    summary: "exchange bytes with programs that use plain TCP",
    ...both,
    envelope: "address",
    body: "one",
    notices: true,
    example: "zmq stream --bind tcp://127.0.0.1:5555 --output quoted",
  },
  {
    name: "radio",
    className: "Radio",
    draft: true,
    summary: "send messages to a group",
    ...sending,
    envelope: "group",
    example: "zmq radio --connect udp://127.0.0.1:5555 --group news hello",
  },
  {
    name: "dish",
    className: "Dish",
    draft: true,
    summary: "receive the messages of groups",
    ...receiving,
    envelope: "group",
    example: "zmq dish --bind udp://127.0.0.1:5555 --join news",
  },
  {
    name: "client",
    className: "Client",
    draft: true,
    summary: "exchange messages with Server sockets",
    ...both,
    envelope: "none",
    example: "zmq client --connect tcp://127.0.0.1:5555 --count 1 hello",
  },
  {
    name: "server",
    className: "Server",
    draft: true,
    summary: "exchange messages with Client sockets by routing id",
    ...both,
    envelope: "routingId",
    example: "zmq server --bind tcp://127.0.0.1:5555 --echo",
  },
  {
    name: "scatter",
    className: "Scatter",
    draft: true,
    summary: "distribute messages among Gather sockets",
    ...sending,
    envelope: "none",
    example: "seq 1000 | zmq scatter --connect tcp://127.0.0.1:5555",
  },
  {
    name: "gather",
    className: "Gather",
    draft: true,
    summary: "receive the messages of Scatter sockets",
    ...receiving,
    envelope: "none",
    example: "zmq gather --bind tcp://127.0.0.1:5555",
  },
  {
    name: "dgram",
    className: "Datagram",
    draft: true,
    summary: "exchange UDP packets; the first frame is the address",
    ...both,
    envelope: "address",
    body: "one",
    example: "zmq dgram --bind udp://127.0.0.1:5556 --separator '|' --count 1 '127.0.0.1:5555|hello'",
  },
];
