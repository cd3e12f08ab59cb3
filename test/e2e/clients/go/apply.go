// Server-side apply, through the dynamic client.
package main

import (
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Applies with two managers: they own what they name, and conflict where both name a field.
func serverSideApply(s *scene) {
	maps := s.dynamic(0).Resource(configMaps).Namespace(s.namespace)
	apply := func(manager, data string, force bool) error {
		body := []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"},"data":` + data + `}`)
		_, err := maps.Patch(s.ctx, "applied", types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: manager, Force: &force})
		return err
	}
	check(apply("red", `{"a":"1","b":"1"}`, false))
	check(apply("blue", `{"c":"1"}`, false))
	err := apply("blue", `{"a":"2","c":"1"}`, false)
	equal(errors.IsConflict(err), true)
	equal(errors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict), true)
	check(apply("blue", `{"a":"2","c":"1"}`, true))
	check(apply("red", `{"b":"2"}`, false))
	object := must(maps.Get(s.ctx, "applied", metav1.GetOptions{}))
	equal(object.Object["data"], map[string]string{"a": "2", "b": "2", "c": "1"})
	operations := map[string]metav1.ManagedFieldsOperationType{}
	for _, entry := range object.GetManagedFields() {
		operations[entry.Manager] = entry.Operation
	}
	equal(operations, map[string]string{"blue": "Apply", "red": "Apply"})
}
