"""02-publish-subscribe/weather-subscriber.mts in Python: weather_subscriber.py ENDPOINT [PLACE]"""

import sys
import zmq

place = sys.argv[2] if len(sys.argv) > 2 else "10007"
context = zmq.Context()
socket = context.socket(zmq.SUB)
socket.connect(sys.argv[1])
socket.subscribe(f"{place} ")
readings = [int(socket.recv_string().split()[1]) for _ in range(20)]
print(f"place {place}: ~{sum(readings) / 20:.1f} degrees, the mean of 20 updates")
