// etcd as a target, through its own Go client.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/clientv3"
)

type etcdTarget struct {
	job         Job
	connections []*clientv3.Client
}

func openEtcd(job Job) (target, error) {
	t := &etcdTarget{job: job}
	for i := 0; i < max(job.Connections, 1); i++ {
		connection, err := clientv3.New(clientv3.Config{Endpoints: job.Endpoints, DialTimeout: 5 * time.Second})
		if err != nil {
			t.close()
			return nil, err
		}
		t.connections = append(t.connections, connection)
	}
	return t, nil
}

func (t *etcdTarget) close() {
	for _, connection := range t.connections {
		connection.Close()
	}
}

func (t *etcdTarget) client(number int) (client, error) {
	return &etcdClient{
		etcd:      t.connections[number%len(t.connections)],
		folder:    t.job.Path + "/",
		body:      newBody(t.job.Template),
		revisions: map[string]int64{},
	}, nil
}

func (t *etcdTarget) watch(number int, deliver func(value []byte)) (func(), error) {
	ctx, cancel := context.WithCancel(context.Background())
	options := []clientv3.OpOption{clientv3.WithPrefix(), clientv3.WithCreatedNotify()}
	events := t.connections[number%len(t.connections)].Watch(ctx, t.job.Path+"/", options...)
	if created := <-events; created.Err() != nil {
		cancel()
		return nil, created.Err()
	}
	go func() {
		for answer := range events {
			for _, event := range answer.Events {
				deliver(event.Kv.Value)
			}
		}
	}()
	return cancel, nil
}

type etcdClient struct {
	etcd   *clientv3.Client
	folder string
	body   body
	// revisions that this client's writes left, for its updates.
	revisions map[string]int64
}

func (c *etcdClient) create(name string, value []byte) (int, error) {
	key := c.folder + name
	answer, err := c.etcd.Txn(context.Background()).
		If(clientv3.Compare(clientv3.ModRevision(key), "=", 0)).
		Then(clientv3.OpPut(key, string(value))).
		Commit()
	if err == nil && !answer.Succeeded {
		err = fmt.Errorf("%s exists", key)
	}
	return 0, err
}

func (c *etcdClient) put(name string, value []byte) (int, error) {
	_, err := c.etcd.Put(context.Background(), c.folder+name, string(value))
	return 0, err
}

func (c *etcdClient) update(name string, sequence int) (int, error) {
	key := c.folder + name
	revision, known := c.revisions[key]
	if !known {
		answer, err := c.etcd.Get(context.Background(), key)
		if err != nil {
			return 0, err
		}
		if len(answer.Kvs) == 1 {
			revision = answer.Kvs[0].ModRevision
		}
	}
	answer, err := c.etcd.Txn(context.Background()).
		If(clientv3.Compare(clientv3.ModRevision(key), "=", revision)).
		Then(clientv3.OpPut(key, string(c.body.fill(name, sequence)))).
		Commit()
	if err != nil {
		return 0, err
	}
	if !answer.Succeeded {
		delete(c.revisions, key)
		return 0, fmt.Errorf("%s was changed by somebody else", key)
	}
	c.revisions[key] = answer.Header.Revision
	return 0, nil
}

func (c *etcdClient) patch(name string, sequence int) (int, error) {
	return c.update(name, sequence)
}

func (c *etcdClient) apply(string, int, int) (int, error) {
	return 0, errors.New("etcd has no server-side apply")
}

func (c *etcdClient) get(name string, cached bool) (int, error) {
	var options []clientv3.OpOption
	if cached {
		options = append(options, clientv3.WithSerializable())
	}
	answer, err := c.etcd.Get(context.Background(), c.folder+name, options...)
	if err != nil {
		return 0, err
	}
	if len(answer.Kvs) != 1 {
		return 0, fmt.Errorf("%s%s is not there", c.folder, name)
	}
	return len(answer.Kvs[0].Value), nil
}

func (c *etcdClient) list() (int, error) {
	answer, err := c.etcd.Get(context.Background(), c.folder, clientv3.WithPrefix())
	if err != nil {
		return 0, err
	}
	bytes := 0
	for _, kv := range answer.Kvs {
		bytes += len(kv.Value)
	}
	return bytes, nil
}
