"""02-publish-subscribe/weather-publisher.mts in Python: weather_publisher.py [ENDPOINT]"""

import itertools
import random
import sys
import zmq

context = zmq.Context()
socket = context.socket(zmq.PUB)
socket.bind(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:*")
print("publisher: listening at", socket.last_endpoint.decode(), flush=True)
for count in itertools.count():
    socket.send_string(f"{10_000 + count % 1_000} {random.randint(15, 25)}")
