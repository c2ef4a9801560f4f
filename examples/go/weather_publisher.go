// 02-publish-subscribe/weather-publisher.mts in Go: weather_publisher [ENDPOINT]
package main

import (
	"fmt"
	"log"
	"math/rand"
	"os"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	endpoint := "tcp://127.0.0.1:*"
	if len(os.Args) > 1 {
		endpoint = os.Args[1]
	}
	socket, err := zmq.NewSocket(zmq.PUB)
	if err != nil {
		log.Fatal(err)
	}
	if err := socket.Bind(endpoint); err != nil {
		log.Fatal(err)
	}
	endpoint, _ = socket.GetLastEndpoint()
	fmt.Println("publisher: listening at", endpoint)
	for count := 0; ; count++ {
		socket.Send(fmt.Sprintf("%d %d", 10000+count%1000, 15+rand.Intn(11)), 0)
	}
}
