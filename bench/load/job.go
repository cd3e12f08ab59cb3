// The load generator of the benchmarks: reads one job as JSON from standard input, carries it out, and writes what it
// measured as JSON. It drives quorate and etcd in the same way and from the same program, so that a ratio between them
// is not one between two clients. It is Go because etcd's own client is, and because a client in JavaScript would cost
// as much as the server it measures.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Job is what to do. Durations are in seconds.
type Job struct {
	// Target is "quorate" (HTTPS, Kubernetes API) or "etcd" (gRPC, no TLS).
	Target string `json:"target"`
	// Endpoints are host:port; clients are spread over them.
	Endpoints []string `json:"endpoints"`
	// CA, Cert and Key are PEM files, for quorate.
	CA   string `json:"ca"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
	// Operation is one of those in operations.go, or "watch".
	Operation string `json:"operation"`
	// Path is the collection, for quorate; Prefix begins every name.
	Path   string `json:"path"`
	Prefix string `json:"prefix"`
	// Run is in the name of whatever this job makes anew.
	Run int `json:"run"`
	// Template is the object: @NAME@ and @SEQ@ are filled in.
	Template string `json:"template"`
	Clients  int    `json:"clients"`
	// Connections is how many connections etcd's clients share; quorate's have one each.
	Connections int `json:"connections"`
	// Warmup is left out of every figure.
	Warmup  float64 `json:"warmup"`
	Seconds float64 `json:"seconds"`
	// Count ends the job after so many operations instead.
	Count int `json:"count"`
	// Objects is how many names there are to read, or to update.
	Objects int `json:"objects"`
	// Pids are the servers' processes, whose cost is read over the same window.
	Pids []int `json:"pids"`
	// Watchers, and the writes a second that they see; Rate 0 writes as fast as Clients can.
	Watchers int     `json:"watchers"`
	Rate     float64 `json:"rate"`
}

// Result is what was measured, within the window.
type Result struct {
	Operations int     `json:"operations"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"firstError,omitempty"`
	Seconds    float64 `json:"seconds"`
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
	MaxMs      float64 `json:"maxMs"`
	// GapMs is the longest time in which no operation of any client succeeded.
	GapMs float64 `json:"gapMs"`
	// Bytes of bodies that were received.
	Bytes int64 `json:"bytes"`
	// Events that watchers received; Misses: sampled events that were not what had been written.
	Events int64 `json:"events,omitempty"`
	Misses int64 `json:"misses,omitempty"`
	// ClientCPU is this process', ServerCPU that of Pids, in seconds; ServerWritten the bytes that disks took meanwhile.
	ClientCPU     float64 `json:"clientCpu"`
	ServerCPU     float64 `json:"serverCpu"`
	ServerWritten int64   `json:"serverWritten"`
}

func main() {
	var job Job
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		fail(fmt.Errorf("the job cannot be read: %w", err))
	}
	result, err := run(job)
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fail(err)
	}
}

func run(job Job) (Result, error) {
	target, err := openTarget(job)
	if err != nil {
		return Result{}, err
	}
	defer target.close()
	if job.Operation == "watch" {
		return runWatch(job, target)
	}
	return runLoop(job, target)
}

func openTarget(job Job) (target, error) {
	switch job.Target {
	case "quorate":
		return openQuorate(job)
	case "etcd":
		return openEtcd(job)
	}
	return nil, fmt.Errorf("unknown target %q: quorate or etcd", job.Target)
}

func seconds(value float64) time.Duration {
	return time.Duration(value * float64(time.Second))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
