// What a target can be asked for. A client is one closed loop's: it is used by one goroutine.
package main

import (
	"bytes"
	"fmt"
	"strconv"
)

type target interface {
	// client makes the number-th closed loop's client.
	client(number int) (client, error)
	// watch delivers every event below the collection, until stop; it returns when the watch is established.
	watch(number int, deliver func(value []byte)) (stop func(), err error)
	close()
}

// Each call is one operation; bytes are those of the answer's body.
type client interface {
	// create makes an object that must not be there.
	create(name string, value []byte) (bytes int, err error)
	// put writes without a condition: bare put of etcd, PUT without resourceVersion.
	put(name string, value []byte) (bytes int, err error)
	// update writes on the condition that the object is as this client last left it.
	update(name string, sequence int) (bytes int, err error)
	patch(name string, sequence int) (bytes int, err error)
	// apply is a server-side apply of the object in its `sequence`-th form, answered with the status `expected`.
	apply(name string, sequence, expected int) (bytes int, err error)
	// get reads; cached allows an answer that is not current.
	get(name string, cached bool) (bytes int, err error)
	// list reads every object of the collection to the last byte.
	list() (bytes int, err error)
}

// body fills a template's places.
type body struct{ parts [][]byte }

func newBody(template string) body {
	marked := bytes.ReplaceAll([]byte(template), []byte("@SEQ@"), []byte("@NAME@\x00"))
	return body{bytes.Split(marked, []byte("@NAME@"))}
}

// fill gives the object `name` in its `sequence`-th form.
func (b body) fill(name string, sequence int) []byte {
	filled := make([]byte, 0, 4096)
	for i, part := range b.parts {
		if i > 0 {
			if len(part) > 0 && part[0] == 0 {
				filled = strconv.AppendInt(filled, int64(sequence), 10)
				part = part[1:]
			} else {
				filled = append(filled, name...)
			}
		}
		filled = append(filled, part...)
	}
	return filled
}

// operate does the sequence-th operation of client `number`.
func operate(job Job, body body, c client, number, sequence int) (int, error) {
	shared := func() string {
		// A walk over all names that differs from client to client and repeats late.
		return fmt.Sprintf("%s-%d", job.Prefix, (number*7919+sequence*104729)%job.Objects)
	}
	// What another run has made is there still.
	own := func() string { return fmt.Sprintf("%s-%d-%d-%d", job.Prefix, job.Run, number, sequence) }
	// A client's own few objects: updates of one object by two clients would measure conflicts.
	mine := fmt.Sprintf("%s-%d", job.Prefix, number%max(job.Objects, 1))
	switch job.Operation {
	case "fill":
		name := fmt.Sprintf("%s-%d", job.Prefix, sequence)
		return c.create(name, body.fill(name, 0))
	case "create":
		return c.create(own(), body.fill(own(), sequence))
	case "put":
		return c.put(own(), body.fill(own(), sequence))
	case "update":
		return c.update(mine, sequence)
	case "patch":
		return c.patch(mine, sequence)
	case "applyFill":
		return c.apply(fmt.Sprintf("%s-%d", job.Prefix, sequence), 0, 201)
	case "apply":
		return c.apply(mine, sequence, 200)
	case "applySame":
		return c.apply(mine, 0, 200)
	case "get":
		return c.get(shared(), false)
	case "getCached":
		return c.get(shared(), true)
	case "list":
		return c.list()
	case "mixed":
		// Seven reads, two updates, one create.
		switch sequence % 10 {
		case 3, 7:
			return c.update(mine, sequence)
		case 9:
			return c.create(own(), body.fill(own(), sequence))
		}
		return c.get(shared(), false)
	}
	return 0, fmt.Errorf("unknown operation %q", job.Operation)
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
