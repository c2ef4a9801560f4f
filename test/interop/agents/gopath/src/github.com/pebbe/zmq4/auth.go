package zmq4

/*
#include <stdlib.h>
#include <zmq.h>
*/
import "C"

import (
	"sync"
	"unsafe"
)

// The real package knows users and keys for each domain. The tests name "*" alone, which is every domain.
var (
	lock      sync.Mutex
	passwords = map[string]string{}
	keys      = map[string]bool{}
)

func AuthPlainAdd(domain, username, password string) {
	lock.Lock()
	defer lock.Unlock()
	passwords[username] = password
}

func AuthCurveAdd(domain string, pubkeys ...string) {
	lock.Lock()
	defer lock.Unlock()
	for _, key := range pubkeys {
		keys[key] = true
	}
}

func z85(data []byte) string {
	text := (*C.char)(C.malloc(41))
	defer C.free(unsafe.Pointer(text))
	return C.GoString(C.zmq_z85_encode(text, (*C.uint8_t)(&data[0]), 32))
}

func allows(request [][]byte) bool {
	lock.Lock()
	defer lock.Unlock()
	switch credentials := request[6:]; string(request[5]) {
	case "NULL":
		return true
	case "PLAIN":
		password, known := passwords[string(credentials[0])]
		return known && password == string(credentials[1])
	case "CURVE":
		return keys[z85(credentials[0])]
	}
	return false
}

// AuthStart starts a ZAP handler (RFC 27) on a goroutine.
func AuthStart() error {
	handler, err := NewSocket(REP)
	if err != nil {
		return err
	}
	if err := handler.Bind("inproc://zeromq.zap.01"); err != nil {
		return err
	}
	go func() {
		for {
			request, err := handler.RecvMessageBytes(0)
			if err != nil {
				return
			}
			status := "400"
			if allows(request) {
				status = "200"
			}
			handler.SendMessage(request[0], request[1], status, "", "", "")
		}
	}()
	return nil
}
