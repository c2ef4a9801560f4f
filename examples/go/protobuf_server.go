// 11-languages/protobuf-server.mts in Go: protobuf_server [ENDPOINT]
//
// protoc makes the package weather: protoc --go_out=. --go_opt=Mweather.proto=./weather weather.proto
package main

import (
	"fmt"
	"log"
	"os"
	"weather"

	zmq "github.com/pebbe/zmq4"
	"google.golang.org/protobuf/proto"
)

func summarize(request []byte) ([]byte, error) {
	reading := &weather.Reading{}
	if err := proto.Unmarshal(request, reading); err != nil {
		return nil, err
	}
	summary := &weather.Summary{Text: fmt.Sprintf("%s has %.1f degrees", reading.Place, reading.Degrees)}
	for _, gust := range reading.Gusts {
		if gust > summary.StrongestGust {
			summary.StrongestGust = gust
		}
	}
	return proto.Marshal(summary)
}

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
	endpoint, _ = socket.GetLastEndpoint()
	fmt.Println("server: listening at", endpoint)
	for {
		request, err := socket.RecvBytes(0)
		if err != nil {
			log.Fatal(err)
		}
		reply, err := summarize(request)
		if err != nil {
			log.Fatal(err)
		}
		socket.SendBytes(reply, 0)
	}
}
