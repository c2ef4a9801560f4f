// 03-divide-and-conquer/pipeline-worker.mts in Go: pipeline_worker VENTILATOR SINK
package main

import (
	"log"
	"os"
	"strconv"
	"time"

	zmq "github.com/pebbe/zmq4"
)

func open(kind zmq.Type, endpoint string) *zmq.Socket {
	socket, err := zmq.NewSocket(kind)
	if err != nil {
		log.Fatal(err)
	}
	if err := socket.Connect(endpoint); err != nil {
		log.Fatal(err)
	}
	return socket
}

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: pipeline_worker VENTILATOR SINK")
	}
	upstream := open(zmq.PULL, os.Args[1])
	downstream := open(zmq.PUSH, os.Args[2])
	for {
		task, err := upstream.Recv(0)
		if err != nil {
			log.Fatal(err)
		}
		milliseconds, err := strconv.Atoi(task)
		if err != nil {
			log.Fatal(err)
		}
		time.Sleep(time.Duration(milliseconds) * time.Millisecond)
		downstream.Send("done", 0)
	}
}
