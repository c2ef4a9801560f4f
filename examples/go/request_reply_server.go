// 01-first-steps/request-reply-server.mts in Go: request_reply_server [ENDPOINT]
package main

import (
	"fmt"
	"log"
	"os"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	endpoint := "tcp://127.0.0.1:*"
	if len(os.Args) > 1 {
		endpoint = os.Args[1]
	}
	socket, err := zmq.NewSocket(zmq.REP)
	if err != nil {
		log.Fatal(err)
	}
	if err := socket.Bind(endpoint); err != nil {
		log.Fatal(err)
	}
	// The endpoint in use has the port that the system chose.
	endpoint, _ = socket.GetLastEndpoint()
	fmt.Println("server: listening at", endpoint)
	for {
		greeting, err := socket.Recv(0)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("server: got %q\n", greeting)
		socket.Send(greeting+", world", 0)
	}
}
