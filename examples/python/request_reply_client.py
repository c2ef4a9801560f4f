"""01-first-steps/request-reply-client.mts in Python: request_reply_client.py ENDPOINT"""

import sys
import zmq

context = zmq.Context()
socket = context.socket(zmq.REQ)
socket.connect(sys.argv[1])
for greeting in ["Hello", "Good morning", "Good night"]:
    socket.send_string(greeting)
    print(f'client: got "{socket.recv_string()}"', flush=True)
