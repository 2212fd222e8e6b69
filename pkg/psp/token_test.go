package psp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithToken(t *testing.T) {
	const (
		path = "/var/run/secrets/kubernetes.io/serviceaccount"
		bare = `{spec: {serviceAccountName: default, containers: [{name: c}]}}`
	)
	token := `{name: kube-api-access-xxxxx, projected: {defaultMode: 420, sources: [{serviceAccountToken: {path: token, expirationSeconds: 3607}},
	  {configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}},
	  {downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}}]}}`
	mount := func(name string) string { return `{name: ` + name + `, readOnly: true, mountPath: ` + path + `}` }
	tests := []struct {
		name, pod string
		automount *bool
		want      string
	}{
		{
			"each container mounts it", `{spec: {initContainers: [{name: i}], containers: [{name: c}]}}`, nil,
			`{spec: {serviceAccountName: default, volumes: [` + token + `], initContainers: [{name: i, volumeMounts: [` + mount("kube-api-access-xxxxx") + `]}],
			  containers: [{name: c, volumeMounts: [` + mount("kube-api-access-xxxxx") + `]}]}}`,
		},
		{
			"only init containers have room", `{spec: {serviceAccountName: a, initContainers: [{name: i}], containers: [{name: c, volumeMounts: [{name: own, mountPath: ` + path + `}]}]}}`, nil,
			`{spec: {serviceAccountName: a, volumes: [` + token + `], initContainers: [{name: i, volumeMounts: [` + mount("kube-api-access-xxxxx") + `]}],
			  containers: [{name: c, volumeMounts: [{name: own, mountPath: ` + path + `}]}]}}`,
		},
		{
			"something else is mounted there", `{spec: {containers: [{name: c, volumeMounts: [{name: own, mountPath: ` + path + `}]}]}}`, nil,
			`{spec: {serviceAccountName: default, containers: [{name: c, volumeMounts: [{name: own, mountPath: ` + path + `}]}]}}`,
		},
		{
			"it is there already", `{spec: {volumes: [{name: kube-api-access-own}], containers: [{name: c}]}}`, nil,
			`{spec: {serviceAccountName: default, volumes: [{name: kube-api-access-own}], containers: [{name: c, volumeMounts: [` + mount("kube-api-access-own") + `]}]}}`,
		},
		{"the service account wants none", `{spec: {containers: [{name: c}]}}`, new(false), bare},
		{
			"the pod wants none", `{spec: {automountServiceAccountToken: false, containers: [{name: c}]}}`, new(true),
			`{spec: {automountServiceAccountToken: false, serviceAccountName: default, containers: [{name: c}]}}`,
		},
		{
			"the pod wants one", `{spec: {automountServiceAccountToken: true, containers: [{name: c}]}}`, new(false),
			`{spec: {automountServiceAccountToken: true, serviceAccountName: default, volumes: [` + token + `],
			  containers: [{name: c, volumeMounts: [` + mount("kube-api-access-xxxxx") + `]}]}}`,
		},
		{
			"a mirror pod gets nothing", `{metadata: {annotations: {kubernetes.io/config.mirror: x}}, spec: {containers: [{name: c}]}}`, nil,
			`{metadata: {annotations: {kubernetes.io/config.mirror: x}}, spec: {containers: [{name: c}]}}`,
		},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			pod := readPod(t, c.pod)
			got := WithToken(pod, c.automount)
			if diff := cmp.Diff(readPod(t, c.want), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(readPod(t, c.pod), pod); diff != "" {
				t.Errorf("the pod itself was changed:\n%s", diff)
			}
		})
	}
}

// TestTokenMustBeAllowed: a policy that allows no volumes admits no pod that gets a token.
func TestTokenMustBeAllowed(t *testing.T) {
	pod := WithToken(readPod(t, `{spec: {containers: [{name: c}]}}`), nil)
	for _, c := range []struct {
		volumes string
		admits  bool
	}{{"", false}, {"emptyDir, configMap", false}, {"projected", true}, {"secret", true}, {`"*"`, true}} {
		_, errs := policyFrom(t, `{spec: {volumes: [`+c.volumes+`]}}`).Admit(pod)
		if admits := len(errs) == 0; admits != c.admits {
			t.Errorf("volumes [%s]: %v", c.volumes, errs)
		}
	}
	if len(pod.Spec.Volumes) != 1 || !strings.HasPrefix(pod.Spec.Volumes[0].Name, "kube-api-access-") {
		t.Errorf("the pod has %v", pod.Spec.Volumes)
	}
}
