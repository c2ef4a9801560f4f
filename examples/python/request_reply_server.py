"""01-first-steps/request-reply-server.mts in Python: request_reply_server.py [ENDPOINT]"""

import sys
import zmq

context = zmq.Context()
socket = context.socket(zmq.REP)
socket.bind(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:*")
print("server: listening at", socket.last_endpoint.decode(), flush=True)
while True:
    greeting = socket.recv_string()
    print(f'server: got "{greeting}"', flush=True)
    socket.send_string(f"{greeting}, world")
