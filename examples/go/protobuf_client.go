// 11-languages/protobuf-client.mts in Go: protobuf_client ENDPOINT
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

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: protobuf_client ENDPOINT")
	}
	socket, err := zmq.NewSocket(zmq.REQ)
	if err != nil {
		log.Fatal(err)
	}
	defer socket.Close()
	if err := socket.Connect(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	reading := &weather.Reading{Place: "Zürich", Degrees: 18.5, Gusts: []uint32{12, 40, 33}}
	request, err := proto.Marshal(reading)
	if err != nil {
		log.Fatal(err)
	}
	socket.SendBytes(request, 0)
	reply, err := socket.RecvBytes(0)
	if err != nil {
		log.Fatal(err)
	}
	summary := &weather.Summary{}
	if err := proto.Unmarshal(reply, summary); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("client: %s, the strongest gust %d\n", summary.Text, summary.StrongestGust)
}
