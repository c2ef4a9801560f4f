// 02-publish-subscribe/weather-subscriber.mts in Go: weather_subscriber ENDPOINT [PLACE]
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	zmq "github.com/pebbe/zmq4"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: weather_subscriber ENDPOINT [PLACE]")
	}
	place := "10007"
	if len(os.Args) > 2 {
		place = os.Args[2]
	}
	socket, err := zmq.NewSocket(zmq.SUB)
	if err != nil {
		log.Fatal(err)
	}
	defer socket.Close()
	// The space ends the place: "1000" would also match 10000 to 10009.
	socket.SetSubscribe(place + " ")
	if err := socket.Connect(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	sum := 0
	for i := 0; i < 20; i++ {
		update, err := socket.Recv(0)
		if err != nil {
			log.Fatal(err)
		}
		degrees, err := strconv.Atoi(strings.Fields(update)[1])
		if err != nil {
			log.Fatal(err)
		}
		sum += degrees
	}
	fmt.Printf("place %s: ~%.1f degrees, the mean of 20 updates\n", place, float64(sum)/20)
}
