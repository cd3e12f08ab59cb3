// Fan-out: watchers of one collection count what they receive while writers change it. The object's sequence is the
// time of its writing, so a sampled event tells how long it took to arrive.
package main

import (
	"bytes"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// One event in so many has its delivery timed and its content checked, at each watcher.
const sampleEvery = 16

var sequenceMark = []byte(`"sequence":"`)

type watcher struct {
	events int64
	misses int64
	mu     sync.Mutex
	micros []uint32
}

func runWatch(job Job, target target) (Result, error) {
	writers := make([]client, job.Clients)
	for i := range writers {
		c, err := target.client(i)
		if err != nil {
			return Result{}, err
		}
		writers[i] = c
	}
	watchers := make([]*watcher, job.Watchers)
	var measuring int32
	for i := range watchers {
		w := &watcher{}
		watchers[i] = w
		stop, err := target.watch(i, func(value []byte) { w.deliver(value, &measuring) })
		if err != nil {
			return Result{}, err
		}
		defer stop()
	}
	ending := make(chan struct{})
	var wait sync.WaitGroup
	var failures tally
	var mu sync.Mutex
	pause := time.Duration(0)
	if job.Rate > 0 {
		pause = seconds(float64(job.Clients) / job.Rate)
	}
	for i := range writers {
		wait.Add(1)
		go func(number int) {
			defer wait.Done()
			next := time.Now().Add(pause * time.Duration(number) / time.Duration(job.Clients))
			for {
				select {
				case <-ending:
					return
				case <-time.After(time.Until(next)):
				}
				next = next.Add(pause)
				name := job.Prefix + "-" + strconv.Itoa(number)
				if _, err := writers[number].update(name, int(time.Now().UnixMicro())); err != nil {
					mu.Lock()
					failures.errors++
					failures.firstError = err
					mu.Unlock()
				}
			}
		}(i)
	}
	time.Sleep(seconds(job.Warmup))
	before := countEvents(watchers)
	atomic.StoreInt32(&measuring, 1)
	meter := startMeter(job.Pids)
	time.Sleep(seconds(job.Seconds))
	result := meter.stop()
	result.Events = countEvents(watchers) - before
	atomic.StoreInt32(&measuring, 0)
	close(ending)
	wait.Wait()
	var all []uint32
	for _, w := range watchers {
		w.mu.Lock()
		all = append(all, w.micros...)
		w.mu.Unlock()
		result.Misses += atomic.LoadInt64(&w.misses)
	}
	result.Operations = len(all)
	result.Errors = failures.errors
	if failures.firstError != nil {
		result.FirstError = failures.firstError.Error()
	}
	result.latencies(all)
	return result, nil
}

func (w *watcher) deliver(value []byte, measuring *int32) {
	count := atomic.AddInt64(&w.events, 1)
	if count%sampleEvery != 0 || atomic.LoadInt32(measuring) == 0 {
		return
	}
	_, after, found := bytes.Cut(value, sequenceMark)
	digits, _, _ := bytes.Cut(after, []byte(`"`))
	written, err := strconv.ParseInt(string(digits), 10, 64)
	if !found || err != nil {
		atomic.AddInt64(&w.misses, 1)
		return
	}
	micros := time.Now().UnixMicro() - written
	w.mu.Lock()
	w.micros = append(w.micros, uint32(micros))
	w.mu.Unlock()
}

func countEvents(watchers []*watcher) int64 {
	var events int64
	for _, w := range watchers {
		events += atomic.LoadInt64(&w.events)
	}
	return events
}
