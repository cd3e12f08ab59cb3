// The cost of a window: processor time of this process and of the servers, and what was written to disks.
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

// The kernel's unit in diskstats, whatever the disk's own is.
const sectorBytes = 512

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
	}
	return cpu, writtenToDisks()
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

// What a process writes is counted by the page that becomes dirty, which may be far larger than what reaches the disk: the
// disks themselves are asked, and nothing else is busy with them while a job runs.
func writtenToDisks() (bytes int64) {
	stats, err := os.ReadFile("/proc/diskstats")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(stats), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 10 || !isDisk(fields[2]) {
			continue
		}
		sectors, _ := strconv.ParseInt(fields[9], 10, 64)
		bytes += sectors * sectorBytes
	}
	return
}

// isDisk tells disks from their partitions and from what only looks like a disk.
func isDisk(name string) bool {
	if strings.HasPrefix(name, "loop") || strings.HasPrefix(name, "ram") || strings.HasPrefix(name, "dm-") {
		return false
	}
	_, err := os.Stat("/sys/block/" + name)
	return err == nil
}
