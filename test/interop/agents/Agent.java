// An agent over JeroMQ. README.md describes the protocol.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.zeromq.ZMQ;

public class Agent {
  private static final ZMQ.Context context = ZMQ.context(1);
  private static final Map<String, ZMQ.Socket> sockets = new HashMap<>();

  private static byte[] parse(String word) {
    if (word.equals("-")) return new byte[0];
    byte[] bytes = new byte[word.length() / 2];
    for (int i = 0; i < bytes.length; i++)
      bytes[i] = (byte) (Character.digit(word.charAt(2 * i), 16) << 4 | Character.digit(word.charAt(2 * i + 1), 16));
    return bytes;
  }

  private static void print(StringBuilder out, byte[] frame) {
    out.append(frame.length == 0 ? " -" : " ");
    for (byte value : frame) {
      out.append(Character.forDigit(value >> 4 & 15, 16)).append(Character.forDigit(value & 15, 16));
    }
  }

  private static int typeOf(String name) throws ReflectiveOperationException {
    return ZMQ.class.getField(name).getInt(null);
  }

  private static void checkTransport(String endpoint) {
    // JeroMQ accepts ipc:// but opens a TCP port that it derives from the path.
    if (!endpoint.startsWith("tcp://")) throw new UnsupportedOperationException("transport of other JeroMQ sockets only");
  }

  private static void set(ZMQ.Socket socket, String option, String value) {
    switch (option) {
      case "identity": socket.setIdentity(value.getBytes(StandardCharsets.UTF_8)); break;
      case "subscribe": socket.subscribe(parse(value)); break;
      default: throw new UnsupportedOperationException("no such option: " + option);
    }
  }

  private static String bind(ZMQ.Socket socket, String endpoint) {
    checkTransport(endpoint);
    String wildcard = "tcp://127.0.0.1:*";
    // This version reports no last endpoint, so it chooses the port itself.
    if (endpoint.equals(wildcard)) return "tcp://127.0.0.1:" + socket.bindToRandomPort("tcp://127.0.0.1");
    socket.bind(endpoint);
    return endpoint;
  }

  private static void handle(String[] words, StringBuilder out) throws Exception {
    if (words[0].equals("version")) {
      out.append(" JeroMQ, like libzmq ").append(ZMQ.getVersionString());
      return;
    }
    if (words[0].equals("open")) {
      ZMQ.Socket socket = context.socket(typeOf(words[2]));
      socket.setReceiveTimeOut(10000);
      socket.setSendTimeOut(10000);
      socket.setLinger(5000);
      sockets.put(words[1], socket);
      return;
    }
    if (words[0].equals("zap")) throw new UnsupportedOperationException("no ZAP");
    ZMQ.Socket socket = sockets.get(words[1]);
    switch (words[0]) {
      case "set": set(socket, words[2], words[3]); break;
      case "bind": out.append(' ').append(bind(socket, words[2])); break;
      case "connect":
        checkTransport(words[2]);
        socket.connect(words[2]);
        break;
      case "send":
        for (int i = 2; i < words.length; i++) {
          if (!socket.send(parse(words[i]), i < words.length - 1 ? ZMQ.SNDMORE : 0))
            throw new IllegalStateException("not sent: error " + socket.base().errno());
        }
        break;
      case "recv":
        do {
          byte[] frame = socket.recv();
          if (frame == null) throw new IllegalStateException("nothing received in time");
          print(out, frame);
        } while (socket.hasReceiveMore());
        break;
      case "close":
        sockets.remove(words[1]).close();
        break;
      default: throw new IllegalArgumentException("no such command");
    }
  }

  public static void main(String[] parameters) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream stdout = new PrintStream(System.out, false, "UTF-8");
    for (String line; (line = in.readLine()) != null;) {
      StringBuilder out = new StringBuilder();
      try {
        handle(line.split(" "), out);
        stdout.println("ok" + out);
      } catch (Exception | LinkageError error) {
        stdout.println("error " + error);
      }
      stdout.flush();
    }
    // The threads of an open context would keep the process alive.
    System.exit(0);
  }
}
