"""03-divide-and-conquer/pipeline-worker.mts in Python: pipeline_worker.py VENTILATOR SINK"""

import sys
import time
import zmq

context = zmq.Context()
upstream = context.socket(zmq.PULL)
downstream = context.socket(zmq.PUSH)
upstream.connect(sys.argv[1])
downstream.connect(sys.argv[2])
while True:
    time.sleep(int(upstream.recv_string()) / 1000)
    downstream.send_string("done")
