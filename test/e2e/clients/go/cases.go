// What client-go is asked to do.
package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sort"
	"strconv"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/disk"
	"k8s.io/client-go/discovery/cached/memory"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/client-go/util/retry"
	"os"
)

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
var deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}

var cases = []testCase{
	{"typed clients in protobuf create, get, update, patch, list and delete", typedInProtobuf},
	{"errors are told apart by reason, with causes", errorReasons},
	{"retry.RetryOnConflict ends with every update of several writers", retriesOnConflict},
	{"the dynamic client creates, updates, patches, lists and deletes unstructured objects", dynamicClient},
	{"server-side apply owns what it names, and takes from others only by force", serverSideApply},
	{"discovery, its caches and the mapper know every group, kind and short name", discoveryAndMapper},
	{"the metadata-only client gets, lists, patches, watches and deletes in protobuf", metadataOnly},
	{"a shared informer lists in pages, watches, indexes, resyncs and sees deletions", sharedInformer},
	{"a metadata informer follows labels into and out of its selection", metadataInformer},
	{"watches end after their timeout, resume, and are retried through servers by RetryWatcher", watches},
	{"the pager lists in chunks, and the scale client scales what the mapper finds", pagerAndScale},
	{"one of two candidates leads by a lease, and the other one follows when it lets go", leaderElection},
	{"a pod is watched until it runs, its log is streamed, and it is deleted at once", podSubresources},
}

func typedInProtobuf(s *scene) {
	maps := s.core(0).ConfigMaps(s.namespace)
	made := must(maps.Create(s.ctx, configMap("one", map[string]string{"a": "1"}), metav1.CreateOptions{}))
	elsewhere := s.core(1).ConfigMaps(s.namespace)
	read := must(elsewhere.Get(s.ctx, "one", metav1.GetOptions{}))
	equal(read, made)
	read.BinaryData = map[string][]byte{"raw": {0, 255}}
	updated := must(elsewhere.Update(s.ctx, read, metav1.UpdateOptions{}))
	equal(updated.BinaryData["raw"], []byte{0, 255})
	patched := must(maps.Patch(s.ctx, "one", types.StrategicMergePatchType, []byte(`{"data":{"b":"2"}}`), metav1.PatchOptions{}))
	equal(patched.Data, map[string]string{"a": "1", "b": "2"})
	web := must(s.apps(1).Deployments(s.namespace).Create(s.ctx, deployment("web"), metav1.CreateOptions{}))
	equal(web.Spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	equal(web.Spec.Template.Spec.Containers[0].ReadinessProbe.HTTPGet.Port, intstr.FromInt(80))
	web.Status.ObservedGeneration = 7
	equal(must(s.apps(2).Deployments(s.namespace).Get(s.ctx, "web", metav1.GetOptions{})).Spec, web.Spec)
	selected := must(maps.List(s.ctx, metav1.ListOptions{FieldSelector: "metadata.name=one"}))
	equal(len(selected.Items), 1)
	check(maps.Delete(s.ctx, "one", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(made.UID))}))
	_, err := elsewhere.Get(s.ctx, "one", metav1.GetOptions{})
	equal(errors.IsNotFound(err), true)
}

func deployment(name string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	replicas := int32(0)
	probe := corev1.Handler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt(80)}}
	container := corev1.Container{Name: "main", Image: "busybox:1.35", ReadinessProbe: &corev1.Probe{Handler: probe}}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{container}},
			},
		},
	}
}

func errorReasons(s *scene) {
	maps := s.core(0).ConfigMaps(s.namespace)
	made := must(maps.Create(s.ctx, configMap("one", nil), metav1.CreateOptions{}))
	_, err := maps.Create(s.ctx, configMap("one", nil), metav1.CreateOptions{})
	equal(errors.IsAlreadyExists(err), true)
	equal(err.Error(), `configmaps "one" already exists`)
	must(maps.Patch(s.ctx, "one", types.MergePatchType, []byte(`{"data":{"a":"1"}}`), metav1.PatchOptions{}))
	_, err = maps.Update(s.ctx, made, metav1.UpdateOptions{})
	equal(errors.IsConflict(err), true)
	_, err = maps.Create(s.ctx, configMap("No", nil), metav1.CreateOptions{})
	equal(errors.IsInvalid(err), true)
	equal(errors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid), true)
	_, err = maps.Create(s.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "made-", Name: ""}}, metav1.CreateOptions{})
	check(err)
	_, err = maps.Patch(s.ctx, "one", types.JSONPatchType, []byte(`{"not":"a list"}`), metav1.PatchOptions{})
	equal(errors.IsBadRequest(err), true)
	_, err = s.core(0).ConfigMaps("no-such").Create(s.ctx, configMap("one", nil), metav1.CreateOptions{})
	equal(err.Error(), `namespaces "no-such" not found`)
	anonymous := s.config(0)
	anonymous.TLSClientConfig.CertData, anonymous.TLSClientConfig.KeyData = nil, nil
	anonymous.BearerToken = "wrong"
	_, err = must(discovery.NewDiscoveryClientForConfig(anonymous)).ServerGroups()
	equal(errors.IsUnauthorized(err), true)
	err = maps.Delete(s.ctx, "one", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("other")})
	equal(errors.IsConflict(err), true)
}

func retriesOnConflict(s *scene) {
	must(s.core(0).ConfigMaps(s.namespace).Create(s.ctx, configMap("counter", map[string]string{"n": "0"}), metav1.CreateOptions{}))
	const writers, rounds = 3, 5
	failed := make(chan error, writers)
	for writer := 0; writer < writers; writer++ {
		maps := s.core(writer).ConfigMaps(s.namespace)
		go func() {
			for round := 0; round < rounds; round++ {
				backoff := retry.DefaultBackoff
				backoff.Steps = 20
				if err := retry.RetryOnConflict(backoff, func() error {
					read, err := maps.Get(s.ctx, "counter", metav1.GetOptions{})
					if err != nil {
						return err
					}
					read.Data["n"] = strconv.Itoa(must(strconv.Atoi(read.Data["n"])) + 1)
					_, err = maps.Update(s.ctx, read, metav1.UpdateOptions{})
					return err
				}); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for writer := 0; writer < writers; writer++ {
		check(<-failed)
	}
	ended := must(s.core(0).ConfigMaps(s.namespace).Get(s.ctx, "counter", metav1.GetOptions{}))
	equal(ended.Data["n"], strconv.Itoa(writers*rounds))
}

func dynamicClient(s *scene) {
	maps := s.dynamic(0).Resource(configMaps).Namespace(s.namespace)
	object := &unstructured.Unstructured{Object: map[string]interface{}{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]interface{}{"name": "one", "labels": map[string]interface{}{"a": "b"}},
		"data":     map[string]interface{}{"a": "1"},
	}}
	made := must(maps.Create(s.ctx, object, metav1.CreateOptions{FieldManager: "go"}))
	check(unstructured.SetNestedField(made.Object, "2", "data", "b"))
	updated := must(s.dynamic(1).Resource(configMaps).Namespace(s.namespace).Update(s.ctx, made, metav1.UpdateOptions{}))
	equal(updated.Object["data"], map[string]string{"a": "1", "b": "2"})
	same := must(maps.Update(s.ctx, updated, metav1.UpdateOptions{}))
	equal(same.GetResourceVersion(), updated.GetResourceVersion())
	patched := must(maps.Patch(s.ctx, "one", types.JSONPatchType, []byte(`[{"op":"remove","path":"/data/a"}]`), metav1.PatchOptions{}))
	equal(patched.Object["data"], map[string]string{"b": "2"})
	listed := must(maps.List(s.ctx, metav1.ListOptions{LabelSelector: "a=b"}))
	equal(listed.Items[0].GetKind(), "ConfigMap")
	dry := must(maps.Create(s.ctx, &unstructured.Unstructured{Object: map[string]interface{}{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]interface{}{"name": "dry"},
	}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}))
	equal(dry.GetName(), "dry")
	_, err := maps.Get(s.ctx, "dry", metav1.GetOptions{})
	equal(errors.IsNotFound(err), true)
	check(maps.DeleteCollection(s.ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "a=b"}))
}

func discoveryAndMapper(s *scene) {
	client := must(discovery.NewDiscoveryClientForConfig(s.config(0)))
	_, lists, err := client.ServerGroupsAndResources()
	check(err)
	kinds := map[string]bool{}
	for _, list := range lists {
		for _, one := range list.APIResources {
			kinds[list.GroupVersion+" "+one.Kind] = true
		}
	}
	for _, kind := range []string{"v1 Pod", "apps/v1 Deployment", "coordination.k8s.io/v1 Lease"} {
		equal(kinds[kind], true)
	}
	preferred := must(client.ServerPreferredNamespacedResources())
	equal(len(preferred) > 5, true)
	document := must(client.OpenAPISchema())
	equal(document.GetDefinitions() != nil && len(document.GetDefinitions().GetAdditionalProperties()) > 100, true)
	equal(must(client.ServerVersion()).Major, "1")
	folder := must(os.MkdirTemp("", "quorate-go-"))
	defer os.RemoveAll(folder)
	for round := 0; round < 2; round++ {
		cached := must(disk.NewCachedDiscoveryClientForConfig(s.config(round), folder+"/d", folder+"/http", time.Hour))
		equal(len(must(cached.ServerResourcesForGroupVersion("apps/v1")).APIResources) > 0, true)
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	expander := restmapper.NewShortcutExpander(mapper, client)
	found := must(expander.ResourceFor(schema.GroupVersionResource{Resource: "deploy"}))
	equal(found, deployments)
	mapping := must(mapper.RESTMapping(schema.GroupKind{Group: "policy", Kind: "PodDisruptionBudget"}))
	equal([]string{mapping.Resource.String(), string(mapping.Scope.Name())}, []string{"policy/v1, Resource=poddisruptionbudgets", "namespace"})
	_, err = mapper.RESTMapping(schema.GroupKind{Group: "policy", Kind: "Nothing"})
	equal(meta.IsNoMatchError(err), true)
}

func metadataOnly(s *scene) {
	typed := s.core(0).ConfigMaps(s.namespace)
	for _, name := range []string{"a", "b", "c"} {
		object := configMap(name, map[string]string{"large": "value"})
		object.Labels = map[string]string{"name": name}
		must(typed.Create(s.ctx, object, metav1.CreateOptions{}))
	}
	client := s.metadata(1).Resource(configMaps).Namespace(s.namespace)
	one := must(client.Get(s.ctx, "a", metav1.GetOptions{}))
	equal([]string{one.Name, one.Labels["name"], string(one.UID)}, []string{"a", "a", string(must(typed.Get(s.ctx, "a", metav1.GetOptions{})).UID)})
	page := must(client.List(s.ctx, metav1.ListOptions{LabelSelector: "name", Limit: 2}))
	// What remains is not counted where there is a selector.
	equal([]interface{}{len(page.Items), page.Continue != "", page.RemainingItemCount}, []interface{}{2, true, nil})
	stream := must(client.Watch(s.ctx, metav1.ListOptions{ResourceVersion: page.ResourceVersion, LabelSelector: "name"}))
	defer stream.Stop()
	patched := must(client.Patch(s.ctx, "a", types.MergePatchType, []byte(`{"metadata":{"annotations":{"x":"y"}}}`), metav1.PatchOptions{}))
	equal(patched.Annotations["x"], "y")
	event := receive("the change", stream.ResultChan())
	equal([]string{string(event.Type), event.Object.(*metav1.PartialObjectMetadata).Annotations["x"]}, []string{"MODIFIED", "y"})
	check(client.Delete(s.ctx, "b", metav1.DeleteOptions{}))
	equal(receive("the deletion", stream.ResultChan()).Type, watch.Deleted)
	check(client.DeleteCollection(s.ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "name"}))
	equal(len(must(client.List(s.ctx, metav1.ListOptions{LabelSelector: "name"})).Items), 0)
	equal(must(typed.List(s.ctx, metav1.ListOptions{})).Items[0].Name, "kube-root-ca.crt")
}

func sharedInformer(s *scene) {
	typed := s.core(0).ConfigMaps(s.namespace)
	for number := 0; number < 5; number++ {
		must(typed.Create(s.ctx, configMap("c"+strconv.Itoa(number), nil), metav1.CreateOptions{}))
	}
	elsewhere := s.core(1).ConfigMaps(s.namespace)
	source := &cache.ListWatch{
		ListFunc: func(options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = "metadata.name!=kube-root-ca.crt"
			return elsewhere.List(s.ctx, options)
		},
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = "metadata.name!=kube-root-ca.crt"
			return elsewhere.Watch(s.ctx, options)
		},
	}
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	informer := cache.NewSharedIndexInformer(source, &corev1.ConfigMap{}, time.Second, indexers)
	events := make(chan string, 100)
	resynced := make(chan string, 100)
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object interface{}) { events <- "add " + object.(*corev1.ConfigMap).Name },
		UpdateFunc: func(old, object interface{}) {
			if old.(*corev1.ConfigMap).ResourceVersion == object.(*corev1.ConfigMap).ResourceVersion {
				resynced <- object.(*corev1.ConfigMap).Name
				return
			}
			events <- "update " + object.(*corev1.ConfigMap).Name
		},
		DeleteFunc: func(object interface{}) { events <- "delete " + object.(*corev1.ConfigMap).Name },
	})
	go informer.Run(s.ctx.Done())
	equal(cache.WaitForCacheSync(s.ctx.Done(), informer.HasSynced), true)
	found := []string{}
	for number := 0; number < 5; number++ {
		found = append(found, receive("an object", events))
	}
	sort.Strings(found)
	equal(found, []string{"add c0", "add c1", "add c2", "add c3", "add c4"})
	must(typed.Patch(s.ctx, "c1", types.MergePatchType, []byte(`{"data":{"a":"1"}}`), metav1.PatchOptions{}))
	equal(receive("the update", events), "update c1")
	check(typed.Delete(s.ctx, "c2", metav1.DeleteOptions{}))
	equal(receive("the deletion", events), "delete c2")
	equal(len(must(informer.GetIndexer().ByIndex(cache.NamespaceIndex, s.namespace))), 4)
	receive("a resync", resynced)
}

func metadataInformer(s *scene) {
	typed := s.core(0).ConfigMaps(s.namespace)
	must(typed.Create(s.ctx, configMap("one", nil), metav1.CreateOptions{}))
	options := func(options *metav1.ListOptions) { options.LabelSelector = "in=yes" }
	factory := metadatainformer.NewFilteredSharedInformerFactory(s.metadata(2), 0, s.namespace, options)
	events := make(chan string, 10)
	informer := factory.ForResource(configMaps).Informer()
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object interface{}) { events <- "add " + object.(*metav1.PartialObjectMetadata).Name },
		DeleteFunc: func(object interface{}) { events <- "delete " + object.(*metav1.PartialObjectMetadata).Name },
	})
	factory.Start(s.ctx.Done())
	equal(cache.WaitForCacheSync(s.ctx.Done(), informer.HasSynced), true)
	for _, step := range []string{`"yes"`, "null", `"yes"`} {
		patch := []byte(`{"metadata":{"labels":{"in":` + step + `}}}`)
		must(typed.Patch(s.ctx, "one", types.StrategicMergePatchType, patch, metav1.PatchOptions{}))
	}
	for _, expected := range []string{"add one", "delete one", "add one"} {
		equal(receive(expected, events), expected)
	}
}

func watches(s *scene) {
	maps := s.core(0).ConfigMaps(s.namespace)
	seconds := int64(1)
	listed := must(maps.List(s.ctx, metav1.ListOptions{}))
	from := metav1.ListOptions{ResourceVersion: listed.ResourceVersion, TimeoutSeconds: &seconds, AllowWatchBookmarks: true}
	stream := must(maps.Watch(s.ctx, from))
	must(maps.Create(s.ctx, configMap("one", nil), metav1.CreateOptions{}))
	seen := []string{}
	last := ""
	for event := range stream.ResultChan() {
		seen = append(seen, string(event.Type))
		last = must(meta.Accessor(event.Object)).GetResourceVersion()
	}
	equal(seen[0], "ADDED")
	turn := 0
	next := &cache.ListWatch{WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
		turn++
		one := int64(1)
		options.TimeoutSeconds = &one
		return s.core(turn).ConfigMaps(s.namespace).Watch(s.ctx, options)
	}}
	retried := must(watchtools.NewRetryWatcher(last, next))
	defer retried.Stop()
	for number := 0; number < 3; number++ {
		name := "r" + strconv.Itoa(number)
		if number == 2 {
			// The watch before it has ended by its timeout.
			time.Sleep(1500 * time.Millisecond)
		}
		must(maps.Create(s.ctx, configMap(name, nil), metav1.CreateOptions{}))
		event := receive(name, retried.ResultChan())
		equal(event.Object.(*corev1.ConfigMap).Name, name)
	}
	_, err := watchtools.Until(s.ctx, last, next, func(event watch.Event) (bool, error) {
		return event.Object.(*corev1.ConfigMap).Name == "r2", nil
	})
	check(err)
}

func pagerAndScale(s *scene) {
	maps := s.core(0).ConfigMaps(s.namespace)
	for number := 0; number < 7; number++ {
		must(maps.Create(s.ctx, configMap("c"+strconv.Itoa(number), nil), metav1.CreateOptions{}))
	}
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return s.core(1).ConfigMaps(s.namespace).List(ctx, options)
	})
	pages.PageSize = 3
	count := 0
	check(pages.EachListItem(s.ctx, metav1.ListOptions{}, func(runtime.Object) error { count++; return nil }))
	equal(count, 8)
	must(s.apps(0).Deployments(s.namespace).Create(s.ctx, deployment("web"), metav1.CreateOptions{}))
	client := must(discovery.NewDiscoveryClientForConfig(s.config(0)))
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	resolver := scale.NewDiscoveryScaleKindResolver(client)
	scales := must(scale.NewForConfig(s.config(0), mapper, noDynamicPath, resolver)).Scales(s.namespace)
	group := schema.GroupResource{Group: "apps", Resource: "deployments"}
	read := must(scales.Get(s.ctx, group, "web", metav1.GetOptions{}))
	read.Spec.Replicas = 1
	equal(must(scales.Update(s.ctx, group, read, metav1.UpdateOptions{})).Spec.Replicas, 1)
	equal(*must(s.apps(1).Deployments(s.namespace).Get(s.ctx, "web", metav1.GetOptions{})).Spec.Replicas, 1)
}

func noDynamicPath(kind schema.GroupVersionKind) string {
	if kind.Group == "" {
		return "/api"
	}
	return "/apis"
}

func leaderElection(s *scene) {
	lead := make(chan string, 10)
	var running sync.WaitGroup
	candidate := func(turn int, name string) context.CancelFunc {
		ctx, cancel := context.WithCancel(s.ctx)
		leases := must(coordinationclient.NewForConfig(s.inProtobuf(turn)))
		lock := &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: s.namespace, Name: "leader"},
			Client:     leases,
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		}
		running.Add(1)
		go func() {
			defer running.Done()
			leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
				Lock: lock, ReleaseOnCancel: true,
				LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond,
				Callbacks: leaderelection.LeaderCallbacks{
					OnStartedLeading: func(context.Context) { lead <- name },
					OnStoppedLeading: func() {},
				},
			})
		}()
		return cancel
	}
	first := candidate(0, "first")
	equal(receive("a leader", lead), "first")
	second := candidate(1, "second")
	first()
	equal(receive("the next leader", lead), "second")
	leases := must(coordinationclient.NewForConfig(s.inProtobuf(2)))
	lease := must(leases.Leases(s.namespace).Get(s.ctx, "leader", metav1.GetOptions{}))
	equal([]interface{}{*lease.Spec.HolderIdentity, *lease.Spec.LeaseTransitions > 0}, []interface{}{"second", true})
	second()
	running.Wait()
}

func podSubresources(s *scene) {
	pods := s.core(0).Pods(s.namespace)
	made := must(pods.Create(s.ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "worker"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "busybox:1.35"}}},
	}, metav1.CreateOptions{}))
	from := metav1.SingleObject(metav1.ObjectMeta{Name: "worker", ResourceVersion: made.ResourceVersion})
	stream := must(pods.Watch(s.ctx, from))
	for {
		event := receive("a running pod", stream.ResultChan())
		if event.Object.(*corev1.Pod).Status.Phase == corev1.PodRunning {
			break
		}
	}
	stream.Stop()
	log := must(pods.GetLogs("worker", &corev1.PodLogOptions{}).Stream(s.ctx))
	text := must(io.ReadAll(log))
	equal(bytes.Contains(text, []byte("simulated")), true)
	var code int
	s.core(1).RESTClient().Get().Namespace(s.namespace).Resource("pods").Name("worker").SubResource("nothing").Do(s.ctx).StatusCode(&code)
	equal(code, http.StatusNotFound)
	check(pods.Delete(s.ctx, "worker", *metav1.NewDeleteOptions(0)))
	_, err := pods.Get(s.ctx, "worker", metav1.GetOptions{})
	equal(errors.IsNotFound(err), true)
}
