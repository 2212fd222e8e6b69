package standard

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func explanations(t *testing.T) []Explanation {
	t.Helper()
	all, err := Explanations()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// everyVersion is each version at which a check runs: one of each class, and those between that nothing changed in.
func everyVersion(check policy.Check) []api.Version {
	var all []api.Version
	for minor := check.Versions[0].MinimumVersion.Minor(); minor <= NewestMinor+1; minor++ {
		all = append(all, api.MajorMinorVersion(1, minor))
	}
	return append(all, api.LatestVersion())
}

// allows says whether a check lets a pod pass at a version.
func allows(check policy.Check, v api.Version, p *corev1.Pod) bool {
	return pick(check, v).CheckPod(&p.ObjectMeta, &p.Spec).Allowed
}

func TestExplanationsAreOfUpstreamsChecks(t *testing.T) {
	var got []string
	for _, e := range explanations(t) {
		got = append(got, fmt.Sprintf("%s %s %s: %s", e.Level, e.Check, e.Revisions[0].Since, e.Reason))
	}
	if diff := cmp.Diff([]string{
		"baseline appArmorProfile v1.0: forbidden AppArmor profiles",
		"baseline capabilities_baseline v1.0: non-default capabilities",
		"baseline hostNamespaces v1.0: host namespaces",
		"baseline hostPathVolumes v1.0: hostPath volumes",
		"baseline hostPorts v1.0: hostPort",
		"baseline hostProbesAndHostLifecycle v1.34: probe or lifecycle host",
		"baseline privileged v1.0: privileged",
		"baseline procMount v1.0: procMount",
		"baseline seLinuxOptions v1.0: seLinuxOptions",
		"baseline seccompProfile_baseline v1.0: seccompProfile",
		"baseline sysctls v1.0: forbidden sysctls",
		"baseline windowsHostProcess v1.0: hostProcess",
		"restricted allowPrivilegeEscalation v1.8: allowPrivilegeEscalation != false",
		"restricted capabilities_restricted v1.22: unrestricted capabilities",
		"restricted procMount_restricted v1.35: procMount",
		"restricted restrictedVolumes v1.0: restricted volume types",
		"restricted runAsNonRoot v1.0: runAsNonRoot != true",
		"restricted runAsUser v1.23: runAsUser=0",
		"restricted seccompProfile_restricted v1.19: seccompProfile",
	}, got); diff != "" {
		t.Error(diff)
	}
	for _, e := range explanations(t) {
		if e.Forbids == "" || e.Risk == "" || e.Remedy == "" || len(e.Fields) == 0 || len(e.Allowed) == 0 {
			t.Errorf("%s: not all of it is told: %+v", e.Check, e)
		}
		for i, r := range e.Revisions {
			if (r.Change == "") != (i == 0) {
				t.Errorf("%s %s: change is %q", e.Check, r.Since, r.Change)
			}
		}
	}
}

// What is shown as denied is denied at every version, and what is shown instead passes.
func TestExplainedFragments(t *testing.T) {
	for _, e := range explanations(t) {
		check := checkByID(t, e.Check)
		for text, want := range map[string]bool{e.Denied: false, e.Passing: true} {
			p, err := fragment(text)
			if err != nil {
				t.Errorf("%s: %v in\n%s", e.Check, err, text)
				continue
			}
			for _, v := range everyVersion(check) {
				if got := allows(check, v, p); got != want {
					t.Errorf("%s at %s: allowed is %t, want %t\n%s", e.Check, v, got, want, text)
				}
			}
		}
	}
}

// The pods said to be exempt are so from that version on, and no others of their kind for any check.
func TestExplainedExemptions(t *testing.T) {
	kinds := map[string]func(*corev1.Pod){
		WindowsPods:       func(p *corev1.Pod) { p.Spec.OS = &corev1.PodOS{Name: corev1.Windows} },
		UserNamespacePods: func(p *corev1.Pod) { p.Spec.HostUsers = new(false) },
		"a node selector": func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{corev1.LabelOSStable: "windows"} },
	}
	tried := 0
	for _, e := range explanations(t) {
		check := checkByID(t, e.Check)
		for kind, change := range kinds {
			p, err := fragment(e.Denied)
			if err != nil {
				t.Fatal(err)
			}
			change(p)
			at := slices.IndexFunc(e.Exempt, func(x Exemption) bool { return x.Pods == kind })
			for _, v := range everyVersion(check) {
				want := at >= 0 && !v.Older(e.Exempt[at].Since)
				if got := allows(check, v, p); got != want {
					t.Errorf("%s at %s, %s: allowed is %t, want %t", e.Check, v, kind, got, want)
				}
				if want {
					tried++
				}
			}
		}
	}
	if tried == 0 {
		t.Error("no exemption was tried")
	}
}

// The fields named are all that a denial was ever found in, and each of them is one.
func TestExplainedFields(t *testing.T) {
	evaluator, err := NewEvaluator(NewestMinor)
	if err != nil {
		t.Fatal(err)
	}
	found := map[policy.CheckID]map[string]bool{}
	for _, e := range explanations(t) {
		found[e.Check] = map[string]bool{}
	}
	index := regexp.MustCompile(`\[\d+\]`)
	look := func(p *corev1.Pod) {
		for _, v := range classes() {
			for id := range found {
				for _, f := range evaluator.Locate(id, v, &p.ObjectMeta, &p.Spec) {
					path := index.ReplaceAllString(f.Path, "[*]")
					if prefix, ok := strings.CutPrefix(path, "metadata.annotations[container."); ok {
						prefix, _, _ = strings.Cut(prefix, "/")
						path = "metadata.annotations[container." + prefix + "/*]"
					}
					if index := strings.Index(path, "capabilities.add"); index >= 0 {
						path = path[:index] + "capabilities.add"
					}
					found[id][path] = true
				}
			}
		}
	}
	source := rand.New(rand.NewPCG(7, 0)) // the same pods each time: enough of them for every field of every check
	for range 500 {
		look(randomPod(source.IntN))
	}
	for _, source := range sources(t) {
		p := &corev1.Pod{}
		p.Spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: source}}
		look(p)
	}
	for _, e := range explanations(t) {
		for path := range found[e.Check] {
			if path != "spec.volumes[*]" && !slices.Contains(e.Fields, path) {
				t.Errorf("%s looks at %s, which is not named", e.Check, path)
			}
		}
		for _, path := range e.Fields {
			if !found[e.Check][path] {
				t.Errorf("%s was not found to look at %s", e.Check, path)
			}
		}
	}
}

// sources are a volume of each type that the API knows, in its own order, by their names in JSON.
func sources(t *testing.T) map[string]corev1.VolumeSource {
	t.Helper()
	all := map[string]corev1.VolumeSource{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[corev1.VolumeSource]()) {
		var source corev1.VolumeSource
		reflect.ValueOf(&source).Elem().FieldByIndex(f.Index).Set(reflect.New(f.Type.Elem()))
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all[name] = source
	}
	return all
}

// Where the allowed values are names, they are those that upstream allows, from the same version on.
func TestExplainedValues(t *testing.T) {
	types := map[string]*corev1.Pod{}
	for name, source := range sources(t) {
		types[name] = &corev1.Pod{Spec: corev1.PodSpec{Volumes: []corev1.Volume{{Name: "v", VolumeSource: source}}}}
	}
	added := func(name string) *corev1.Pod {
		c := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{corev1.Capability(name)}}
		return &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", SecurityContext: &corev1.SecurityContext{Capabilities: c}}}}}
	}
	capabilities, seLinux, sysctls := map[string]*corev1.Pod{}, map[string]*corev1.Pod{}, map[string]*corev1.Pod{}
	for _, name := range []string{
		"ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CAP_CHOWN", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE",
		"DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD",
		"NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN",
		"SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG",
		"WAKE_ALARM",
	} {
		capabilities[name] = added(name)
	}
	for _, name := range []string{
		"container_t", "container_init_t", "container_kvm_t", "container_engine_t", "container_logreader_t", "spc_t", "unconfined_t",
	} {
		seLinux[name] = &corev1.Pod{Spec: corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{SELinuxOptions: &corev1.SELinuxOptions{Type: name}}}}
	}
	for _, name := range []string{
		"kernel.shm_rmid_forced", "kernel/shm_rmid_forced", "kernel.msgmax", "kernel.sem", "net.core.somaxconn", "net.ipv4.ip_forward",
		"net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_rmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
	} {
		sysctls[name] = &corev1.Pod{Spec: corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{{Name: name}}}}}
	}
	for _, tt := range []struct {
		check policy.CheckID
		field string
		pods  map[string]*corev1.Pod
	}{
		{"restrictedVolumes", "", types},
		{"capabilities_baseline", "capabilities.add", capabilities},
		{"capabilities_restricted", "capabilities.add", capabilities},
		{"seLinuxOptions", "type", seLinux},
		{"sysctls", "", sysctls},
	} {
		all := explanations(t)
		e := all[slices.IndexFunc(all, func(e Explanation) bool { return e.Check == tt.check })]
		named := slices.DeleteFunc(slices.Clone(e.Allowed), func(a Allowed) bool { return a.Field != tt.field || a.Value == unset })
		for _, a := range named {
			if tt.pods[a.Value] == nil {
				t.Errorf("%s: %s was not tried", e.Check, a.Value)
			}
		}
		check := checkByID(t, e.Check)
		for value, p := range tt.pods {
			for _, v := range everyVersion(check) {
				want := slices.ContainsFunc(named, func(a Allowed) bool { return a.Value == value && (a.Since == nil || !v.Older(*a.Since)) })
				if got := allows(check, v, p); got != want {
					t.Errorf("%s at %s: %s is allowed: %t, want %t", e.Check, v, value, got, want)
				}
			}
		}
	}
}

// What runs in place of what is told from upstream's table; here it is held to what a server does.
func TestExplainedReplacements(t *testing.T) {
	evaluator, err := NewEvaluator(NewestMinor)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range explanations(t) {
		p, err := fragment(e.Denied)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range everyVersion(checkByID(t, e.Check)) {
			replaced := slices.ContainsFunc(e.ReplacedBy, func(r Replacement) bool { return !v.Older(r.Since) })
			denials := evaluator.Denials(api.LevelVersion{Level: api.LevelRestricted, Version: v}, &p.ObjectMeta, &p.Spec)
			runs := slices.ContainsFunc(denials, func(d Denial) bool { return d.Check == e.Check })
			if runs == replaced {
				t.Errorf("%s at %s: runs for restricted: %t, and is replaced: %t", e.Check, v, runs, replaced)
			}
		}
	}
}

func TestFind(t *testing.T) {
	all := explanations(t)
	for text, want := range map[string]struct{ found, near string }{
		"hostNamespaces":              {found: "hostNamespaces"},
		"HOSTNAMESPACES":              {found: "hostNamespaces"},
		"host namespaces":             {found: "hostNamespaces"},
		"  host   namespaces ":        {found: "hostNamespaces"},
		"hostPort":                    {found: "hostPorts"},
		"seccompProfile":              {found: "seccompProfile_baseline seccompProfile_restricted"},
		"procMount":                   {found: "procMount"},
		"forbidden AppArmor profile":  {found: "appArmorProfile"},
		"forbidden AppArmor profiles": {found: "appArmorProfile"},
		"runAsNonRoot != true":        {found: "runAsNonRoot"},
		"privileged":                  {found: "privileged"},
		"baseline": {found: "appArmorProfile capabilities_baseline hostNamespaces hostPathVolumes hostPorts hostProbesAndHostLifecycle privileged " +
			"procMount seLinuxOptions seccompProfile_baseline sysctls windowsHostProcess"},
		"Restricted": {found: "appArmorProfile hostNamespaces hostPorts hostProbesAndHostLifecycle privileged seLinuxOptions sysctls windowsHostProcess " +
			"allowPrivilegeEscalation capabilities_restricted procMount_restricted restrictedVolumes runAsNonRoot runAsUser seccompProfile_restricted"},
		"hostNamespace":       {near: "hostNamespaces"},
		"runAsRoot":           {near: "runAsNonRoot"},
		"capabilities":        {near: "capabilities_baseline capabilities_restricted"},
		"seccomp":             {near: "seccompProfile_baseline seccompProfile_restricted"},
		"hostNetwork":         {near: "hostNamespaces"},
		"hostPath":            {near: "hostPathVolumes restrictedVolumes"},
		"appArmour":           {},
		"appArmourProfile":    {near: "appArmorProfile"},
		"sysctl":              {near: "sysctls"},
		"":                    {},
		"nothing of the kind": {},
		"*":                   {},
	} {
		found, near := Find(all, text)
		var ids []string
		for i := range found {
			ids = append(ids, string(found[i].Check))
		}
		if got := strings.Join(ids, " "); got != want.found {
			t.Errorf("%q found %q, want %q", text, got, want.found)
		}
		if got := strings.Join(near, " "); got != want.near {
			t.Errorf("%q is near %q, want %q", text, got, want.near)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"image-tags", "image-digests", "daemonset", "ds"}
	for text, want := range map[string]string{
		"image-tag": "image-tags", "Image-Tags": "image-tags", "digests": "image-digests", "demonset": "daemonset", "dss": "ds", "frobnicate": "", "": "",
	} {
		if got := Nearest(text, names); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
