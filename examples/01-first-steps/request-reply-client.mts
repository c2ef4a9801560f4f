// A client sends three greetings and prints the replies.

import { Request } from "zmq-native";

const [endpoint = "tcp://127.0.0.1:5555"] = process.argv.slice(2);

const request = new Request();
request.connect(endpoint);

for (const greeting of ["Hello", "Good morning", "Good night"]) {
  await request.send(greeting);
  const [answer] = await request.receive();
  console.log(`client: got "${answer}"`);
}
request.close();
