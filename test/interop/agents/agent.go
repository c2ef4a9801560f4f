// An agent over github.com/pebbe/zmq4. README.md describes the protocol.
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	zmq "github.com/pebbe/zmq4"
)

var types = map[string]zmq.Type{
	"PAIR": zmq.PAIR, "PUB": zmq.PUB, "SUB": zmq.SUB, "REQ": zmq.REQ, "REP": zmq.REP, "PULL": zmq.PULL,
	"PUSH": zmq.PUSH, "DEALER": zmq.DEALER, "ROUTER": zmq.ROUTER, "XPUB": zmq.XPUB, "XSUB": zmq.XSUB,
}

var sockets = map[string]*zmq.Socket{}

func parse(word string) []byte {
	if word == "-" {
		return []byte{}
	}
	frame, _ := hex.DecodeString(word)
	return frame
}

func open(name, kind string) error {
	socket, err := zmq.NewSocket(types[kind])
	if err != nil {
		return err
	}
	sockets[name] = socket
	socket.SetRcvtimeo(10 * time.Second)
	socket.SetSndtimeo(10 * time.Second)
	return socket.SetLinger(5 * time.Second)
}

func set(socket *zmq.Socket, option, value string) error {
	number, _ := strconv.Atoi(value)
	switch option {
	case "identity":
		return socket.SetIdentity(value)
	case "subscribe":
		return socket.SetSubscribe(string(parse(value)))
	case "zap_domain":
		return socket.SetZapDomain(value)
	case "plain_server":
		return socket.SetPlainServer(number)
	case "plain_username":
		return socket.SetPlainUsername(value)
	case "plain_password":
		return socket.SetPlainPassword(value)
	case "curve_server":
		return socket.SetCurveServer(number)
	case "curve_publickey":
		return socket.SetCurvePublickey(value)
	case "curve_secretkey":
		return socket.SetCurveSecretkey(value)
	case "curve_serverkey":
		return socket.SetCurveServerkey(value)
	case "heartbeat":
		// The default timeout equals the interval, which is too short for a busy machine.
		socket.SetHeartbeatTimeout(10 * time.Second)
		return socket.SetHeartbeatIvl(time.Duration(number) * time.Millisecond)
	}
	return errors.New("no such option")
}

func handle(words []string) ([]string, error) {
	switch words[0] {
	case "version":
		major, minor, patch := zmq.Version()
		return []string{fmt.Sprintf("zmq4 for Go, libzmq %d.%d.%d", major, minor, patch)}, nil
	case "zap":
		if err := zmq.AuthStart(); err != nil {
			return nil, err
		}
		zmq.AuthPlainAdd("*", words[1], words[2])
		zmq.AuthCurveAdd("*", words[3])
		return nil, nil
	case "open":
		return nil, open(words[1], words[2])
	}
	if len(words) < 2 || sockets[words[1]] == nil {
		return nil, errors.New("no such socket")
	}
	socket := sockets[words[1]]
	switch words[0] {
	case "set":
		return nil, set(socket, words[2], words[3])
	case "bind":
		if err := socket.Bind(words[2]); err != nil {
			return nil, err
		}
		endpoint, err := socket.GetLastEndpoint()
		return []string{endpoint}, err
	case "connect":
		return nil, socket.Connect(words[2])
	case "send":
		frames := [][]byte{}
		for _, word := range words[2:] {
			frames = append(frames, parse(word))
		}
		_, err := socket.SendMessage(frames)
		return nil, err
	case "recv":
		frames, err := socket.RecvMessageBytes(0)
		answer := []string{}
		for _, frame := range frames {
			text := hex.EncodeToString(frame)
			if text == "" {
				text = "-"
			}
			answer = append(answer, text)
		}
		return answer, err
	case "close":
		delete(sockets, words[1])
		return nil, socket.Close()
	}
	return nil, errors.New("no such command")
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		answer, err := handle(strings.Split(strings.TrimSuffix(line, "\n"), " "))
		if err != nil {
			fmt.Fprintln(out, "error", err)
		} else {
			fmt.Fprintln(out, strings.Join(append([]string{"ok"}, answer...), " "))
		}
		out.Flush()
	}
}
