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
func totalMemory() int64 { return memoryInfo("MemTotal") }

// availableMemory is what is left for programs that are started now.
func availableMemory() int64 { return memoryInfo("MemAvailable") }

func memoryInfo(name string) int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if _, err := fmt.Sscanf(line, name+": %d kB", &kib); err == nil {
			return kib * 1024
		}
	}
	return 0
}
