package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
)

// Ports are taken from below the range from which Linux and macOS serve outgoing connections, or one of those could
// take a port between the moment it is found free and the moment the server listens.
const (
	lowestPort  = 20000
	highestPort = 32000
)

// CheckPort says whether the API server could listen on --port; 0 always can.
func CheckPort(port int) error {
	if port < 0 || port > 65535 {
		return fmt.Errorf("invalid argument \"%d\" for \"--port\" flag: must be 0 (any free port) to 65535", port)
	}
	if port != 0 && !free(port) {
		return fmt.Errorf("--port %d is in use on 127.0.0.1: choose another one, or 0 for any free one", port)
	}

	return nil
}

// pickPorts returns distinct free ports. Between the moment a port is found free and the moment somebody listens there
// lie seconds, in which another process may pick as well: each begins at a place of its own, which follows from its ID.
func pickPorts(count int) ([]int, error) {
	const ports = highestPort - lowestPort
	begin := os.Getpid() * blockSize
	chosen := make([]int, 0, count)
	for i := range ports {
		port := lowestPort + (begin+i)%ports
		if !free(port) {
			continue
		}
		chosen = append(chosen, port)
		if len(chosen) == count {
			return chosen, nil
		}
	}

	return nil, errors.New("found no free port on 127.0.0.1")
}

// blockSize is more than a cluster needs, so that the process with the next ID does not begin where this one picks.
const blockSize = 8

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}

	return listener.Close() == nil
}
