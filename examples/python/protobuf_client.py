"""11-languages/protobuf-client.mts in Python: protobuf_client.py ENDPOINT

Needs weather_pb2.py beside it or on PYTHONPATH: protoc --python_out=. weather.proto
"""

import sys
import zmq
from weather_pb2 import Reading, Summary

context = zmq.Context()
socket = context.socket(zmq.REQ)
socket.connect(sys.argv[1])
socket.send(Reading(place="Zürich", degrees=18.5, gusts=[12, 40, 33]).SerializeToString())
summary = Summary.FromString(socket.recv())
print(f"client: {summary.text}, the strongest gust {summary.strongest_gust}")
