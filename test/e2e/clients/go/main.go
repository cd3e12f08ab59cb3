// Habits of client-go: typed clients in protobuf, the dynamic and the metadata-only client, discovery and its mapper, informers,
// retries on conflict, leader election. Each case has a namespace of its own and goes to the servers in turn. Prints one line of
// JSON per case: its name, and why it failed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const protobuf = "application/vnd.kubernetes.protobuf"

type scene struct {
	ctx       context.Context
	number    int
	namespace string
	servers   []string
	base      *rest.Config
}

// A configuration of one server: of another one for another turn.
func (s *scene) config(turn int) *rest.Config {
	config := rest.CopyConfig(s.base)
	config.Host = s.servers[(s.number+turn)%len(s.servers)]
	config.UserAgent = rest.DefaultKubernetesUserAgent()
	config.QPS = 200
	config.Burst = 200
	return config
}

func (s *scene) inProtobuf(turn int) *rest.Config {
	config := s.config(turn)
	config.ContentType = protobuf
	config.AcceptContentTypes = protobuf + ",application/json"
	return config
}

func (s *scene) core(turn int) coreclient.CoreV1Interface {
	return must(coreclient.NewForConfig(s.inProtobuf(turn)))
}

func (s *scene) apps(turn int) appsclient.AppsV1Interface {
	return must(appsclient.NewForConfig(s.inProtobuf(turn)))
}

func (s *scene) dynamic(turn int) dynamic.Interface {
	return must(dynamic.NewForConfig(s.config(turn)))
}

func (s *scene) metadata(turn int) metadata.Interface {
	return must(metadata.NewForConfig(s.config(turn)))
}

type testCase struct {
	name string
	run  func(s *scene)
}

func main() {
	base := must(clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG")))
	servers := strings.Split(os.Getenv("QUORATE_SERVERS"), " ")
	output := json.NewEncoder(os.Stdout)
	for number, one := range cases {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		s := &scene{ctx: ctx, number: number, namespace: fmt.Sprintf("go-%d", number), servers: servers, base: base}
		failure := attempt(s, one)
		cancel()
		check(output.Encode(map[string]interface{}{"case": one.name, "failure": failure}))
	}
}

func attempt(s *scene, one testCase) (failure interface{}) {
	defer func() {
		if reason := recover(); reason != nil {
			failure = fmt.Sprintf("%v\n%s", reason, debug.Stack())
		}
	}()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	must(s.core(0).Namespaces().Create(s.ctx, namespace, metav1.CreateOptions{}))
	one.run(s)
	return nil
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(found, expected interface{}) {
	left, right := string(must(json.Marshal(found))), string(must(json.Marshal(expected)))
	if left != right {
		panic(fmt.Sprintf("found %s, expected %s", left, right))
	}
}

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
}

// Receives before a limit, or panics.
func receive[T any](what string, channel <-chan T) T {
	select {
	case value, open := <-channel:
		if !open {
			panic(what + ": the stream ended")
		}
		return value
	case <-time.After(10 * time.Second):
		panic(what + " did not come")
	}
}
