// 01-first-steps/request-reply-client.mts in Go: request_reply_client ENDPOINT
package main

import (
	"fmt"
	"log"
	"os"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: request_reply_client ENDPOINT")
	}
	socket, err := zmq.NewSocket(zmq.REQ)
	if err != nil {
		log.Fatal(err)
	}
	defer socket.Close()
	if err := socket.Connect(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	for _, greeting := range []string{"Hello", "Good morning", "Good night"} {
		socket.Send(greeting, 0)
		answer, err := socket.Recv(0)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("client: got %q\n", answer)
	}
}
