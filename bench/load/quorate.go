// quorate as a target: HTTP/1.1 over TLS with a client certificate, one connection a client. The few lines of HTTP are
// our own, so that the generator costs less than etcd's does.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

type quorateTarget struct {
	job Job
	tls *tls.Config
	mu  sync.Mutex
	// connections that close ends.
	connections []net.Conn
}

func openQuorate(job Job) (target, error) {
	authority, err := os.ReadFile(job.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s holds no certificate", job.CA)
	}
	pair, err := tls.LoadX509KeyPair(job.Cert, job.Key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}
	return &quorateTarget{job: job, tls: config}, nil
}

func (t *quorateTarget) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, connection := range t.connections {
		connection.Close()
	}
}

func (t *quorateTarget) dial(number int) (net.Conn, error) {
	connection, err := tls.Dial("tcp", t.job.Endpoints[number%len(t.job.Endpoints)], t.tls)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.connections = append(t.connections, connection)
	t.mu.Unlock()
	return connection, nil
}

func (t *quorateTarget) client(number int) (client, error) {
	connection, err := t.dial(number)
	if err != nil {
		return nil, err
	}
	return &quorateClient{
		connection: connection,
		reader:     bufio.NewReaderSize(connection, 64<<10),
		path:       t.job.Path,
		body:       newBody(t.job.Template),
		revisions:  map[string]string{},
	}, nil
}

func (t *quorateTarget) watch(number int, deliver func(value []byte)) (func(), error) {
	connection, err := t.dial(number)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(connection, "GET %s?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", t.job.Path)
	reader := bufio.NewReaderSize(connection, 64<<10)
	head, err := readHead(reader)
	if err != nil {
		return nil, err
	}
	if head.status != 200 || !head.chunked {
		return nil, fmt.Errorf("a watch was answered with %d", head.status)
	}
	go func() {
		lines := bufio.NewReaderSize(&chunkedReader{source: reader}, 64<<10)
		for {
			line, err := lines.ReadSlice('\n')
			if err != nil {
				return
			}
			deliver(line)
		}
	}()
	return func() { connection.Close() }, nil
}

type quorateClient struct {
	connection net.Conn
	reader     *bufio.Reader
	path       string
	body       body
	out        []byte
	in         []byte
	revisions  map[string]string
}

func (c *quorateClient) create(name string, value []byte) (int, error) {
	return c.ask("POST", "", "application/json", value, 201)
}

func (c *quorateClient) put(name string, value []byte) (int, error) {
	return c.ask("PUT", "/"+name, "application/json", value, 200)
}

var revisionField = []byte(`"resourceVersion":"`)

// update sends the revision that its last answer had, as a controller does.
func (c *quorateClient) update(name string, sequence int) (int, error) {
	revision, known := c.revisions[name]
	if !known {
		if _, err := c.get(name, false); err != nil {
			return 0, err
		}
		revision = c.answeredRevision()
	}
	value := c.body.fill(name, sequence)
	with := append([]byte(`{"metadata":{"resourceVersion":"`+revision+`",`), bytes.TrimPrefix(value, []byte(`{"metadata":{`))...)
	n, err := c.ask("PUT", "/"+name, "application/json", with, 200)
	if err != nil {
		delete(c.revisions, name)
		return n, err
	}
	c.revisions[name] = c.answeredRevision()
	return n, nil
}

func (c *quorateClient) answeredRevision() string {
	_, after, _ := bytes.Cut(c.in, revisionField)
	digits, _, _ := bytes.Cut(after, []byte(`"`))
	return string(digits)
}

func (c *quorateClient) patch(name string, sequence int) (int, error) {
	change := fmt.Sprintf(`{"metadata":{"annotations":{"sequence":"%d"}}}`, sequence)
	return c.ask("PATCH", "/"+name, "application/merge-patch+json", []byte(change), 200)
}

func (c *quorateClient) apply(name string, sequence, expected int) (int, error) {
	value := c.body.fill(name, sequence)
	return c.ask("PATCH", "/"+name+"?fieldManager=bench", "application/apply-patch+yaml", value, expected)
}

func (c *quorateClient) get(name string, cached bool) (int, error) {
	query := ""
	if cached {
		query = "?resourceVersion=0"
	}
	n, err := c.ask("GET", "/"+name+query, "", nil, 200)
	if err == nil && !bytes.Contains(c.in, []byte(name)) {
		err = fmt.Errorf("the answer does not name %s", name)
	}
	return n, err
}

func (c *quorateClient) list() (int, error) {
	return c.ask("GET", "", "", nil, 200)
}

// ask sends a request and reads its answer whole, into c.in. The bytes are those of the answer's body.
func (c *quorateClient) ask(method, rest, contentType string, body []byte, expected int) (int, error) {
	out := append(c.out[:0], method...)
	out = append(out, ' ')
	out = append(out, c.path...)
	out = append(out, rest...)
	out = append(out, " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"...)
	if body != nil {
		out = append(out, "Content-Type: "...)
		out = append(out, contentType...)
		out = append(out, "\r\nContent-Length: "...)
		out = strconv.AppendInt(out, int64(len(body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	out = append(out, body...)
	c.out = out
	if _, err := c.connection.Write(out); err != nil {
		return 0, err
	}
	head, err := readHead(c.reader)
	if err != nil {
		return 0, err
	}
	c.in, err = readBody(c.reader, head, c.in[:0])
	if err != nil {
		return 0, err
	}
	if head.status != expected {
		return 0, fmt.Errorf("%s %s%s: %d %s", method, c.path, rest, head.status, c.in)
	}
	return len(c.in), nil
}

type answerHead struct {
	status  int
	length  int
	chunked bool
}

func readHead(reader *bufio.Reader) (answerHead, error) {
	head := answerHead{}
	line, err := reader.ReadSlice('\n')
	if err != nil {
		return head, err
	}
	if len(line) < 12 {
		return head, errors.New("not an HTTP answer")
	}
	if head.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return head, err
	}
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return head, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return head, nil
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if head.length, err = strconv.Atoi(string(value)); err != nil {
				return head, err
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			head.chunked = strings.EqualFold(string(value), "chunked")
		}
	}
}

func readBody(reader *bufio.Reader, head answerHead, into []byte) ([]byte, error) {
	if head.chunked {
		buffer := bytes.NewBuffer(into)
		_, err := buffer.ReadFrom(&chunkedReader{source: reader})
		return buffer.Bytes(), err
	}
	if cap(into) < head.length {
		into = make([]byte, head.length)
	}
	into = into[:head.length]
	_, err := io.ReadFull(reader, into)
	return into, err
}

// chunkedReader reads the content of a chunked body, and ends after its last chunk.
type chunkedReader struct {
	source *bufio.Reader
	left   int
	ended  bool
}

func (r *chunkedReader) Read(into []byte) (int, error) {
	if r.ended {
		return 0, io.EOF
	}
	if r.left == 0 {
		line, err := r.source.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimRight(line, "\r\n")), 16, 32)
		if err != nil {
			return 0, err
		}
		if size == 0 {
			r.ended = true
			_, err := r.source.Discard(2)
			if err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		r.left = int(size)
	}
	if len(into) > r.left {
		into = into[:r.left]
	}
	n, err := r.source.Read(into)
	r.left -= n
	if r.left == 0 && err == nil {
		_, err = r.source.Discard(2)
	}
	return n, err
}
