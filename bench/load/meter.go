// The cost of a window: processor time of this process and of the servers, and what the servers wrote.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Linux counts processor time of other processes in hundredths of a second.
const ticksPerSecond = 100

type meter struct {
	pids    []int
	started time.Time
	client  float64
	server  float64
	written int64
}

func startMeter(pids []int) *meter {
	m := &meter{pids: pids, started: time.Now(), client: ownCPU()}
	m.server, m.written = costOf(pids)
	return m
}

func (m *meter) stop() Result {
	server, written := costOf(m.pids)
	return Result{
		Seconds:       time.Since(m.started).Seconds(),
		ClientCPU:     ownCPU() - m.client,
		ServerCPU:     server - m.server,
		ServerWritten: written - m.written,
	}
}

func ownCPU() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func costOf(pids []int) (cpu float64, written int64) {
	for _, pid := range pids {
		cpu += cpuOf(pid)
		written += writtenBy(pid)
	}
	return
}

func cpuOf(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field is a name in brackets that may hold spaces.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticksPerSecond
}

func writtenBy(pid int) int64 {
	io, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(io), "\n") {
		if value := strings.TrimPrefix(line, "write_bytes: "); value != line {
			bytes, _ := strconv.ParseInt(value, 10, 64)
			return bytes
		}
	}
	return 0
}
