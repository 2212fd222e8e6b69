//go:build unix

package main

import (
	"fmt"
	"os"
	"strings"
)

// loadAverage says how busy the machine was meanwhile, where the system tells: Linux.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// totalMemory is in bytes, 0 where the system does not tell.
func totalMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return kib * 1024
}
