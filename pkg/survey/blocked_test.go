package survey

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

const hostPIDDenied = `violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`

func noon() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }

// refused is an object whose pods violate baseline by hostPID at any version, and by a sysctl before v1.29; it was
// told a message from noon on for a minute.
func refused(ref workload.Ref, owner *workload.Ref, message string) workload.Refusal {
	o := &workload.Object{
		Ref: ref, Namespace: "shop", UID: types.UID(ref.Kind + ref.Name),
		Template: &corev1.PodTemplateSpec{Spec: corev1.PodSpec{
			HostPID:    true,
			Containers: []corev1.Container{{Name: "c"}},
			SecurityContext: &corev1.PodSecurityContext{
				Sysctls: []corev1.Sysctl{{Name: "net.ipv4.tcp_keepalive_time", Value: "1"}},
			},
		}},
	}
	if owner != nil {
		o.Owner = &workload.Owner{Ref: *owner, UID: types.UID(owner.Kind + owner.Name)}
	}
	return workload.Refusal{Object: o, Wanted: 3, Missing: 2, Words: []workload.Word{
		{First: noon(), Last: noon().Add(time.Minute), Order: "7", Source: workload.FromEvent, Message: message},
	}}
}

func TestBlockedChecks(t *testing.T) {
	pid := []string{"hostNamespaces"}
	for name, tt := range map[string]struct {
		message, policy string
		want            []string
	}{
		"latest":                {hostPIDDenied, "baseline:latest", pid},
		"a newer version":       {`violates PodSecurity "baseline:v1.99": host namespaces (hostPID=true)`, "baseline:v1.99", pid},
		"the newer of two":      {`violates PodSecurity "baseline:v1.29": host namespaces (hostPID=true)`, "baseline:v1.29", pid},
		"the older of two":      {`violates PodSecurity "baseline:v1.28": host namespaces (hostPID=true), forbidden sysctls (net.ipv4.tcp_keepalive_time)`, "baseline:v1.28", []string{"hostNamespaces", "sysctls"}},
		"another pod":           {`violates PodSecurity "baseline:latest": host namespaces (hostPID=true, hostIPC=true)`, "baseline:latest", []string{}},
		"a pod that would pass": {`violates PodSecurity "privileged:latest": host namespaces (hostPID=true)`, "privileged:latest", []string{}},
		"cut":                   {hostPIDDenied[:60], "baseline:latest", []string{}},
		"longer":                {hostPIDDenied + " and more", "baseline:latest", []string{}},
		"no policy that exists": {`violates PodSecurity "strict:1": host namespaces (hostPID=true)`, "strict:1", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewRefusals(36, 36)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Blocked([]workload.Refusal{refused(workload.Ref{Group: "apps", Kind: "StatefulSet", Name: "db"}, nil, tt.message)})
			want := []report.Blocked{{
				Namespace: "shop", Group: "apps", Kind: "StatefulSet", Name: "db", Wanted: 3, Missing: 2,
				Since: noon(), Last: noon().Add(time.Minute), Policy: tt.policy, Checks: tt.want, Message: tt.message,
				Sources: []string{"event"},
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A server that emulates another version refuses by the checks of that version, in the words of its own release.
func TestBlockedUnderEmulation(t *testing.T) {
	const image = `violates PodSecurity "restricted:latest": restricted volume types (volume "nfs" uses restricted volume type "nfs")`
	spec := hardened()
	spec.Volumes = []corev1.Volume{
		{Name: "models", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "registry.example.com/models:1"}}},
		{Name: "nfs", VolumeSource: corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "nfs.example.com", Path: "/"}}},
	}
	probed := hardened()
	probed.HostPID = true
	probed.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{Host: "127.0.0.1", Port: intstr.FromInt32(8080)},
	}}
	for name, tt := range map[string]struct {
		server, minor int
		spec          corev1.PodSpec
		message       string
		want          []string
	}{
		"words of the release":       {35, 32, spec, image, []string{"restrictedVolumes"}},
		"words of an older release":  {32, 32, spec, image, []string{}},
		"checks of the emulated one": {35, 33, probed, hostPIDDenied, []string{"hostNamespaces"}},
		"checks of the release":      {35, 35, probed, hostPIDDenied, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewRefusals(tt.server, tt.minor)
			if err != nil {
				t.Fatal(err)
			}
			refusal := refused(workload.Ref{Group: "apps", Kind: "StatefulSet", Name: "db"}, nil, tt.message)
			refusal.Template.Spec = tt.spec
			got := r.Blocked([]workload.Refusal{refusal})
			if len(got) != 1 {
				t.Fatalf("got %+v", got)
			}
			if diff := cmp.Diff(tt.want, got[0].Checks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBlockedWithoutATemplate(t *testing.T) {
	r, err := NewRefusals(36, 36)
	if err != nil {
		t.Fatal(err)
	}
	refusal := refused(workload.Ref{Kind: "ReplicationController", Name: "rc"}, nil, hostPIDDenied)
	refusal.Template = nil
	got := r.Blocked([]workload.Refusal{refusal})
	if len(got) != 1 || got[0].Checks == nil || len(got[0].Checks) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestBlockedWorkloads(t *testing.T) {
	r, err := NewRefusals(36, 36)
	if err != nil {
		t.Fatal(err)
	}
	apps := func(kind, name string) workload.Ref { return workload.Ref{Group: "apps", Kind: kind, Name: name} }
	batch := func(kind, name string) workload.Ref { return workload.Ref{Group: "batch", Kind: kind, Name: name} }
	web, cron := apps("Deployment", "web"), batch("CronJob", "backup")
	rollout := workload.Ref{Group: "argoproj.io", Kind: "Rollout", Name: "canary"}
	elsewhere := refused(apps("DaemonSet", "agent"), nil, hostPIDDenied)
	elsewhere.Namespace = "a"
	cured := refused(apps("StatefulSet", "db"), nil, hostPIDDenied)
	cured.Missing = 0
	known := refused(apps("ReplicaSet", "web-1"), &web, hostPIDDenied)
	known.Words = append(known.Words, workload.Word{
		First: noon().Add(-time.Hour), Last: noon().Add(-time.Hour), Source: workload.FromCondition, Message: hostPIDDenied,
	})

	got := r.Blocked([]workload.Refusal{
		refused(apps("ReplicaSet", "web-2"), &web, hostPIDDenied), cured, known,
		refused(batch("Job", "backup-1"), &cron, hostPIDDenied),
		refused(apps("ReplicaSet", "canary-1"), &rollout, hostPIDDenied),
		refused(workload.Ref{Kind: "ReplicationController", Name: "rc"}, nil, hostPIDDenied),
		elsewhere,
	})
	type row struct {
		namespace, workload, via string
		since                    time.Time
		exact                    bool
		sources                  int
	}
	var rows []row
	for _, b := range got {
		via := ""
		if b.Via != nil {
			via = b.Via.Group + " " + b.Via.Kind + " " + b.Via.Name
		}
		rows = append(rows, row{b.Namespace, b.Group + " " + b.Kind + " " + b.Name, via, b.Since, b.SinceExact, len(b.Sources)})
	}
	want := []row{
		{"a", "apps DaemonSet agent", "", noon(), false, 1},
		{"shop", " ReplicationController rc", "", noon(), false, 1},
		{"shop", "apps Deployment web", "apps ReplicaSet web-1", noon().Add(-time.Hour), true, 2},
		{"shop", "apps Deployment web", "apps ReplicaSet web-2", noon(), false, 1},
		{"shop", "apps ReplicaSet canary-1", "", noon(), false, 1},
		{"shop", "batch CronJob backup", "batch Job backup-1", noon(), false, 1},
	}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	if none := r.Blocked(nil); none == nil || len(none) > 0 {
		t.Errorf("nothing refused gives %#v", none)
	}
}
