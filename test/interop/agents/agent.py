"""An agent over pyzmq. README.md describes the protocol."""

import sys
import zmq
from zmq.auth.thread import ThreadAuthenticator

context = zmq.Context()
sockets = {}
NUMBERS = {"plain_server", "curve_server"}
NAMES = {"identity": "routing_id"}
authenticator = None


def parse(frame):
    return b"" if frame == "-" else bytes.fromhex(frame)


def authenticate(username, password, key):
    global authenticator
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_plain(domain="*", passwords={username: password})

    class Keys:
        def callback(self, _domain, found):
            return found == key.encode()

    authenticator.configure_curve_callback(domain="*", credentials_provider=Keys())


def authenticate_folder(folder):
    global authenticator
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_curve(domain="*", location=folder)


def handle(command, *words):
    if command == "version":
        return ["pyzmq", zmq.__version__, "libzmq", zmq.zmq_version()]
    if command == "zap":
        return authenticate(*words) or []
    if command == "zap-folder":
        return authenticate_folder(*words) or []
    name, *words = words
    if command == "open":
        socket = sockets[name] = context.socket(getattr(zmq, words[0]))
        socket.rcvtimeo = socket.sndtimeo = 10_000
        socket.linger = 5_000
        return []
    socket = sockets[name]
    if command == "set":
        option, value = NAMES.get(words[0], words[0]), words[1]
        if option == "subscribe":
            socket.subscribe(parse(value))
        else:
            setattr(socket, option, int(value) if option in NUMBERS else value.encode())
    elif command == "bind":
        socket.bind(words[0])
        return [socket.last_endpoint.decode()]
    elif command == "connect":
        socket.connect(words[0])
    elif command == "send":
        socket.send_multipart([parse(word) for word in words])
    elif command == "recv":
        return [frame.hex() or "-" for frame in socket.recv_multipart()]
    elif command == "close":
        sockets.pop(name).close()
    else:
        raise ValueError("no such command")
    return []


for line in sys.stdin:
    try:
        print("ok", *handle(*line.rstrip("\n").split(" ")), flush=True)
    except Exception as error:
        print("error", str(error).replace("\n", " "), flush=True)
if authenticator:
    authenticator.stop()
