// Closed loops: each client asks, waits for the answer, and asks again.
package main

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// tally is one client's; nobody else touches it until the loop has ended.
// A client that fails so often in a row is not asked any more: a lost server would be asked without pause.
const failuresMax = 20

type tally struct {
	micros     []uint32
	bytes      int64
	errors     int
	firstError error
}

func runLoop(job Job, target target) (Result, error) {
	clients := make([]client, job.Clients)
	for i := range clients {
		c, err := target.client(i)
		if err != nil {
			return Result{}, err
		}
		clients[i] = c
	}
	template := newBody(job.Template)
	var remaining int64 = int64(job.Count)
	counted := job.Count > 0
	begin := time.Now().Add(seconds(job.Warmup))
	end := begin.Add(seconds(job.Seconds))
	tallies := make([]tally, job.Clients)
	var gap gapMeter
	var wait sync.WaitGroup
	for i := range clients {
		wait.Add(1)
		go func(number int) {
			defer wait.Done()
			own := &tallies[number]
			own.micros = make([]uint32, 0, 1<<14)
			failures := 0
			for sequence := 0; failures < failuresMax; sequence++ {
				started := time.Now()
				if counted {
					left := atomic.AddInt64(&remaining, -1)
					if left < 0 {
						return
					}
					// Numbers without a gap, whoever makes which: they are read by number afterwards.
					sequence = job.Count - 1 - int(left)
				} else if started.After(end) {
					return
				}
				bytes, err := operate(job, template, clients[number], number, sequence)
				ended := time.Now()
				if err != nil {
					failures++
					own.errors++
					if own.firstError == nil {
						own.firstError = err
					}
					continue
				}
				failures = 0
				// What ended within the window counts, whenever it began.
				if counted || (!ended.Before(begin) && !ended.After(end)) {
					own.micros = append(own.micros, uint32(ended.Sub(started).Microseconds()))
					own.bytes += int64(bytes)
					gap.succeeded(ended)
				}
			}
		}(i)
	}
	if !counted {
		time.Sleep(time.Until(begin))
	}
	meter := startMeter(job.Pids)
	if !counted {
		time.Sleep(time.Until(end))
	} else {
		wait.Wait()
	}
	result := meter.stop()
	wait.Wait()
	result.take(tallies)
	result.GapMs = float64(gap.longest) / 1e6
	return result, nil
}

func (result *Result) take(tallies []tally) {
	var all []uint32
	for _, t := range tallies {
		all = append(all, t.micros...)
		result.Bytes += t.bytes
		result.Errors += t.errors
		if result.FirstError == "" && t.firstError != nil {
			result.FirstError = t.firstError.Error()
		}
	}
	result.Operations = len(all)
	result.latencies(all)
}

func (result *Result) latencies(micros []uint32) {
	if len(micros) == 0 {
		return
	}
	sort.Slice(micros, func(i, j int) bool { return micros[i] < micros[j] })
	at := func(share float64) float64 {
		return float64(micros[int(share*float64(len(micros)-1))]) / 1000
	}
	result.P50Ms, result.P99Ms, result.MaxMs = at(0.5), at(0.99), at(1)
}

// gapMeter finds the longest time between two successes, whoever had them.
type gapMeter struct{ last, longest int64 }

func (g *gapMeter) succeeded(at time.Time) {
	now := at.UnixNano()
	before := atomic.SwapInt64(&g.last, now)
	if before == 0 {
		return
	}
	for {
		longest := atomic.LoadInt64(&g.longest)
		if now-before <= longest || atomic.CompareAndSwapInt64(&g.longest, longest, now-before) {
			return
		}
	}
}
