// A transaction processor and a validator: the handler is registered, transactions are applied with state of the
// validator, an invalid one is rejected, and the processor registers again after the validator was restarted.

const { once } = require("node:events");
const { check, done, load } = require("./check.cjs");
const { TransactionProcessor } = load("sawtooth-sdk/processor");
const { TransactionHandler } = load("sawtooth-sdk/processor/handler");
const { InvalidTransaction } = load("sawtooth-sdk/processor/exceptions");
const protobuf = load("sawtooth-sdk/protobuf");
const zmq = load("zeromq");
const { Message } = protobuf;
const Type = Message.MessageType;

class Handler extends TransactionHandler {
  constructor() {
    super("sample", ["1.0"], ["abcdef"]);
  }

  async apply(request, context) {
    if (request.payload.toString() === "bad") throw new InvalidTransaction("bad payload");
    const address = `abcdef${"0".repeat(64)}`;
    const state = await context.getState([address]);
    await context.setState({ [address]: Buffer.concat([state[address], request.payload]) });
  }
}

/** The part of a validator with which transaction processors communicate. */
function startValidator(endpoint) {
  const socket = zmq.socket("router");
  socket.bindSync(endpoint);
  const state = { text: "" };
  const send = (peer, messageType, correlationId, content) =>
    socket.send([peer, Message.encode({ messageType, correlationId, content }).finish()]);
  const answers = {
    [Type.TP_REGISTER_REQUEST]: (peer, { correlationId }) => {
      const content = protobuf.TpRegisterResponse.encode({ status: 1 }).finish();
      send(peer, Type.TP_REGISTER_RESPONSE, correlationId, content);
      socket.emit("registered", peer);
    },
    [Type.TP_STATE_GET_REQUEST]: (peer, { correlationId, content }) => {
      const [address] = protobuf.TpStateGetRequest.decode(content).addresses;
      const entries = [{ address, data: Buffer.from(state.text) }];
      const reply = protobuf.TpStateGetResponse.encode({ status: 1, entries }).finish();
      send(peer, Type.TP_STATE_GET_RESPONSE, correlationId, reply);
    },
    [Type.TP_STATE_SET_REQUEST]: (peer, { correlationId, content }) => {
      const [{ address, data }] = protobuf.TpStateSetRequest.decode(content).entries;
      state.text = Buffer.from(data).toString();
      const reply = protobuf.TpStateSetResponse.encode({ status: 1, addresses: [address] }).finish();
      send(peer, Type.TP_STATE_SET_RESPONSE, correlationId, reply);
    },
    [Type.TP_PROCESS_RESPONSE]: (_peer, { content }) =>
      socket.emit("processed", protobuf.TpProcessResponse.decode(content)),
  };
  socket.on("message", (peer, frame) => {
    const message = Message.decode(frame);
    answers[message.messageType](peer, message);
  });
  const process = async (peer, payload) => {
    const header = { familyName: "sample", familyVersion: "1.0" };
    const request = protobuf.TpProcessRequest.encode({
      header,
      payload: Buffer.from(payload),
      contextId: "c",
    });
    send(peer, Type.TP_PROCESS_REQUEST, `transaction-${payload}`, request.finish());
    const [{ status }] = await once(socket, "processed");
    return status;
  };
  return { socket, state, process };
}

async function main() {
  const { OK, INVALID_TRANSACTION } = protobuf.TpProcessResponse.Status;
  const first = startValidator("tcp://127.0.0.1:*");
  const endpoint = first.socket.getsockopt(zmq.ZMQ_LAST_ENDPOINT).replace(/\0$/, "");
  const processor = new TransactionProcessor(endpoint);
  processor.addHandler(new Handler());
  const registered = once(first.socket, "registered");
  processor.start();
  const [peer] = await registered;
  for (let i = 0; i < 20; i++) check("applied", await first.process(peer, `${i},`), OK);
  check("state", first.state.text, Array.from({ length: 20 }, (_, i) => `${i},`).join(""));
  check("refused", await first.process(peer, "bad"), INVALID_TRANSACTION);

  first.socket.close();
  let second;
  for (let tries = 0; second === undefined; tries++) {
    // The port may be in use until the I/O thread has closed it.
    try {
      second = startValidator(endpoint);
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const [again] = await once(second.socket, "registered");
  check("applied after the restart", await second.process(again, "x"), OK);
  check("state", second.state.text, "x");
}

main().then(done);
