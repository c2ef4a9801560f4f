"""11-languages/protobuf-server.mts in Python: protobuf_server.py [ENDPOINT]

Needs weather_pb2.py beside it or on PYTHONPATH: protoc --python_out=. weather.proto
"""

import sys
import zmq
from weather_pb2 import Reading, Summary

context = zmq.Context()
socket = context.socket(zmq.REP)
socket.bind(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:*")
print("server: listening at", socket.last_endpoint.decode(), flush=True)
while True:
    reading = Reading.FromString(socket.recv())
    text = f"{reading.place} has {reading.degrees:.1f} degrees"
    socket.send(Summary(text=text, strongest_gust=max(reading.gusts, default=0)).SerializeToString())
