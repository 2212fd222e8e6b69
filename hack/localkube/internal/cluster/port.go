package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below the range from which Linux and macOS serve outgoing connections, or one of those could
// take a port between the moment it is found free and the moment the server listens.
const (
	lowestPort  = 20000
	highestPort = 32000
	portTries   = 200
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

// pickPorts returns distinct free ports.
func pickPorts(count int) ([]int, error) {
	chosen := map[int]bool{}
	ports := make([]int, 0, count)
	for range portTries {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if chosen[port] || !free(port) {
			continue
		}
		chosen[port] = true
		ports = append(ports, port)
		if len(ports) == count {
			return ports, nil
		}
	}

	return nil, errors.New("found no free port on 127.0.0.1")
}

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}

	return listener.Close() == nil
}
