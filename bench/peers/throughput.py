# libzmq in Python: receives on a PULL socket, or sends on a PUSH socket, or asks and answers.
import json, sys, time, zmq

options = json.loads(sys.argv[1])
count, warmup, size = options["count"], options.get("warmup", 0), options["size"]
context = zmq.Context()


def tell(**message):
    print(json.dumps(message), flush=True)


def receive():
    socket = context.socket(zmq.PULL)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    tell(endpoint=f"tcp://127.0.0.1:{port}")
    for _ in range(warmup + 1):
        assert len(socket.recv()) == size
    start = time.perf_counter()
    for _ in range(count - 1):
        assert len(socket.recv()) == size
    tell(result={"rate": count / (time.perf_counter() - start)})


def send():
    socket = context.socket(zmq.PUSH)
    socket.connect(options["endpoint"])
    message = b"x" * size
    for _ in range(count):
        socket.send(message)
    socket.close()
    context.term()


def answer():
    socket = context.socket(zmq.REP)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    tell(endpoint=f"tcp://127.0.0.1:{port}")
    while True:
        socket.send(socket.recv())


def ask():
    socket = context.socket(zmq.REQ)
    socket.connect(options["endpoint"])
    message = b"x" * size
    times = []
    for _ in range(count):
        start = time.perf_counter()
        socket.send(message)
        socket.recv()
        times.append((time.perf_counter() - start) / 2 * 1e6)
    times = sorted(times[count // 5 :])
    at = lambda share: times[int(len(times) * share)]
    tell(result={"mean": sum(times) / len(times), "p50": at(0.5), "p99": at(0.99), "p999": at(0.999)})


{"receive": receive, "send": send, "answer": answer, "ask": ask}[options["role"]]()
