// Package zmq4 stands in for github.com/pebbe/zmq4, which Debian 12 does not package. It has only the functions that the
// Go examples and the Go agent call, with the same names and signatures, over the system's libzmq by cgo. Where the real
// package is in GOPATH, the tests use that one. Programs must use the real one.
package zmq4

/*
#cgo LDFLAGS: -lzmq
#include <stdlib.h>
#include <zmq.h>
*/
import "C"

import (
	"fmt"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

type Type int

const (
	PAIR   = Type(C.ZMQ_PAIR)
	PUB    = Type(C.ZMQ_PUB)
	SUB    = Type(C.ZMQ_SUB)
	REQ    = Type(C.ZMQ_REQ)
	REP    = Type(C.ZMQ_REP)
	DEALER = Type(C.ZMQ_DEALER)
	ROUTER = Type(C.ZMQ_ROUTER)
	PULL   = Type(C.ZMQ_PULL)
	PUSH   = Type(C.ZMQ_PUSH)
	XPUB   = Type(C.ZMQ_XPUB)
	XSUB   = Type(C.ZMQ_XSUB)
)

type Flag int

const (
	DONTWAIT = Flag(C.ZMQ_DONTWAIT)
	SNDMORE  = Flag(C.ZMQ_SNDMORE)
)

// Errno is an error number of libzmq, which has some of its own beside those of the system.
type Errno uintptr

func (errno Errno) Error() string { return C.GoString(C.zmq_strerror(C.int(errno))) }

func failure(err error) error {
	if errno, ok := err.(syscall.Errno); ok {
		return Errno(errno)
	}
	return err
}

var context = C.zmq_ctx_new()

// Version returns that of libzmq.
func Version() (major, minor, patch int) {
	var version [3]C.int
	C.zmq_version(&version[0], &version[1], &version[2])
	return int(version[0]), int(version[1]), int(version[2])
}

// Socket is not safe for use by several goroutines at once.
type Socket struct{ pointer unsafe.Pointer }

func NewSocket(kind Type) (*Socket, error) {
	pointer, err := C.zmq_socket(context, C.int(kind))
	if pointer == nil {
		return nil, failure(err)
	}
	return &Socket{pointer}, nil
}

func (socket *Socket) Close() error {
	if rc, err := C.zmq_close(socket.pointer); rc != 0 {
		return failure(err)
	}
	return nil
}

func (socket *Socket) Bind(endpoint string) error {
	text := C.CString(endpoint)
	defer C.free(unsafe.Pointer(text))
	if rc, err := C.zmq_bind(socket.pointer, text); rc != 0 {
		return failure(err)
	}
	return nil
}

func (socket *Socket) Connect(endpoint string) error {
	text := C.CString(endpoint)
	defer C.free(unsafe.Pointer(text))
	if rc, err := C.zmq_connect(socket.pointer, text); rc != 0 {
		return failure(err)
	}
	return nil
}

func (socket *Socket) GetLastEndpoint() (string, error) {
	var text [1024]byte
	size := C.size_t(len(text))
	rc, err := C.zmq_getsockopt(socket.pointer, C.ZMQ_LAST_ENDPOINT, unsafe.Pointer(&text[0]), &size)
	if rc != 0 {
		return "", failure(err)
	}
	return strings.TrimRight(string(text[:size]), "\x00"), nil
}

func (socket *Socket) SendBytes(data []byte, flags Flag) (int, error) {
	var start unsafe.Pointer
	if len(data) > 0 {
		start = unsafe.Pointer(&data[0])
	}
	for {
		size, err := C.zmq_send(socket.pointer, start, C.size_t(len(data)), C.int(flags))
		if size >= 0 {
			return int(size), nil
		}
		// The runtime of Go interrupts system calls to preempt goroutines.
		if err != syscall.EINTR {
			return -1, failure(err)
		}
	}
}

func (socket *Socket) Send(data string, flags Flag) (int, error) {
	return socket.SendBytes([]byte(data), flags)
}

func (socket *Socket) SendMessage(parts ...interface{}) (int, error) {
	var frames [][]byte
	for _, part := range parts {
		switch value := part.(type) {
		case []byte:
			frames = append(frames, value)
		case [][]byte:
			frames = append(frames, value...)
		case string:
			frames = append(frames, []byte(value))
		case []string:
			for _, text := range value {
				frames = append(frames, []byte(text))
			}
		default:
			frames = append(frames, []byte(fmt.Sprint(value)))
		}
	}
	total := 0
	for i, frame := range frames {
		flags := SNDMORE
		if i == len(frames)-1 {
			flags = 0
		}
		size, err := socket.SendBytes(frame, flags)
		if err != nil {
			return -1, err
		}
		total += size
	}
	return total, nil
}

func (socket *Socket) RecvBytes(flags Flag) ([]byte, error) {
	var message C.zmq_msg_t
	C.zmq_msg_init(&message)
	defer C.zmq_msg_close(&message)
	for {
		size, err := C.zmq_msg_recv(&message, socket.pointer, C.int(flags))
		if size >= 0 {
			return C.GoBytes(C.zmq_msg_data(&message), size), nil
		}
		if err != syscall.EINTR {
			return nil, failure(err)
		}
	}
}

func (socket *Socket) Recv(flags Flag) (string, error) {
	data, err := socket.RecvBytes(flags)
	return string(data), err
}

func (socket *Socket) RecvMessageBytes(flags Flag) ([][]byte, error) {
	var frames [][]byte
	for {
		frame, err := socket.RecvBytes(flags)
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame)
		var more C.int
		size := C.size_t(unsafe.Sizeof(more))
		C.zmq_getsockopt(socket.pointer, C.ZMQ_RCVMORE, unsafe.Pointer(&more), &size)
		if more == 0 {
			return frames, nil
		}
	}
}

func (socket *Socket) setText(option C.int, value string) error {
	data := append([]byte(value), 0)
	rc, err := C.zmq_setsockopt(socket.pointer, option, unsafe.Pointer(&data[0]), C.size_t(len(value)))
	if rc != 0 {
		return failure(err)
	}
	return nil
}

func (socket *Socket) setInt(option C.int, value int) error {
	number := C.int(value)
	rc, err := C.zmq_setsockopt(socket.pointer, option, unsafe.Pointer(&number), C.size_t(unsafe.Sizeof(number)))
	if rc != 0 {
		return failure(err)
	}
	return nil
}

func (socket *Socket) setTime(option C.int, value time.Duration) error {
	return socket.setInt(option, int(value/time.Millisecond))
}

func (socket *Socket) SetIdentity(id string) error     { return socket.setText(C.ZMQ_ROUTING_ID, id) }
func (socket *Socket) SetSubscribe(topic string) error { return socket.setText(C.ZMQ_SUBSCRIBE, topic) }
func (socket *Socket) SetZapDomain(domain string) error {
	return socket.setText(C.ZMQ_ZAP_DOMAIN, domain)
}
func (socket *Socket) SetPlainServer(on int) error { return socket.setInt(C.ZMQ_PLAIN_SERVER, on) }
func (socket *Socket) SetPlainUsername(name string) error {
	return socket.setText(C.ZMQ_PLAIN_USERNAME, name)
}
func (socket *Socket) SetPlainPassword(word string) error {
	return socket.setText(C.ZMQ_PLAIN_PASSWORD, word)
}
func (socket *Socket) SetCurveServer(on int) error { return socket.setInt(C.ZMQ_CURVE_SERVER, on) }
func (socket *Socket) SetCurvePublickey(key string) error {
	return socket.setText(C.ZMQ_CURVE_PUBLICKEY, key)
}
func (socket *Socket) SetCurveSecretkey(key string) error {
	return socket.setText(C.ZMQ_CURVE_SECRETKEY, key)
}
func (socket *Socket) SetCurveServerkey(key string) error {
	return socket.setText(C.ZMQ_CURVE_SERVERKEY, key)
}

func (socket *Socket) SetLinger(time time.Duration) error { return socket.setTime(C.ZMQ_LINGER, time) }
func (socket *Socket) SetRcvtimeo(time time.Duration) error {
	return socket.setTime(C.ZMQ_RCVTIMEO, time)
}
func (socket *Socket) SetSndtimeo(time time.Duration) error {
	return socket.setTime(C.ZMQ_SNDTIMEO, time)
}
func (socket *Socket) SetHeartbeatTimeout(time time.Duration) error {
	return socket.setTime(C.ZMQ_HEARTBEAT_TIMEOUT, time)
}
func (socket *Socket) SetHeartbeatIvl(time time.Duration) error {
	return socket.setTime(C.ZMQ_HEARTBEAT_IVL, time)
}
