package standard

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// serversOf are the servers that judge by a check each in a way of its own, by the last minor that does, today's last.
func serversOf(check policy.CheckID) []int {
	switch check {
	case "seLinuxOptions":
		return []int{fullSELinuxTextSince - 1, NewestMinor}
	case "appArmorProfile":
		return []int{appArmorFieldsSince - 1, NewestMinor}
	case "restrictedVolumes":
		return []int{imageVolumesSince - 1, NewestMinor}
	default:
		return []int{NewestMinor}
	}
}

// eraCase is what servers up to a minor say of a pod, and what those after it say.
type eraCase struct {
	name, pod   string
	level       api.Level
	last        int
	upTo, after []Denial
	upToFields  []string // paths, of the first denial
	afterFields []string
}

func eraCases() []eraCase {
	const annotated = "metadata.annotations[container.apparmor.security.beta.kubernetes.io/"
	const texts = `
metadata:
  annotations:
    container.apparmor.security.beta.kubernetes.io/a: unconfined
    container.apparmor.security.beta.kubernetes.io/a-b: 'say "no"'
    container.apparmor.security.beta.kubernetes.io/c: runtime/default
    example.com/x: unconfined
spec: {containers: [{name: a}]}`
	seLinux := func(options string) string {
		return "{spec: {containers: [{name: a, securityContext: {seLinuxOptions: {" + options + "}}}]}}"
	}
	says := func(text string) []Denial {
		return []Denial{{"seLinuxOptions", "seLinuxOptions", `container "a" set forbidden securityContext.seLinuxOptions: ` + text}}
	}
	at := func(name string) string { return "spec.containers[0].securityContext.seLinuxOptions." + name }
	const image = `
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]
  volumes: [{name: tmp, emptyDir: {}}, {name: v, image: {reference: "example.com/a:1"}}]`
	return []eraCase{
		{
			name: "SELinux user", pod: seLinux("user: u"), level: api.LevelBaseline, last: 25,
			upTo: says(""), after: says("user may not be set"),
			upToFields: []string{at("user")}, afterFields: []string{at("user")},
		},
		{
			name: "SELinux role", pod: seLinux("role: r"), level: api.LevelBaseline, last: 25,
			upTo: says(""), after: says("role may not be set"),
			upToFields: []string{at("role")}, afterFields: []string{at("role")},
		},
		{
			name: "SELinux user and role", pod: seLinux("user: u, role: r"), level: api.LevelRestricted, last: 25,
			upTo: says(""), after: says("user may not be set; role may not be set"),
			upToFields: []string{at("user"), at("role")}, afterFields: []string{at("user"), at("role")},
		},
		{
			name: "SELinux user and role beside a type", pod: seLinux("type: 'x: user may not be set', user: u, role: r"), level: api.LevelBaseline, last: 25,
			upTo:       says(`type "x: user may not be set"; user may not be set; role may not be set`),
			after:      says(`type "x: user may not be set"; user may not be set; role may not be set`),
			upToFields: []string{at("type"), at("user"), at("role")}, afterFields: []string{at("type"), at("user"), at("role")},
		},
		{
			name: "AppArmor annotations", pod: texts, level: api.LevelBaseline, last: 29,
			upTo: []Denial{{
				"appArmorProfile", "forbidden AppArmor profiles",
				`container.apparmor.security.beta.kubernetes.io/a-b="say \"no\"", container.apparmor.security.beta.kubernetes.io/a="unconfined"`,
			}},
			after: []Denial{{
				"appArmorProfile", "forbidden AppArmor profiles",
				`annotations must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a-b="say \"no\""", "container.apparmor.security.beta.kubernetes.io/a="unconfined""`,
			}},
			upToFields: []string{annotated + "a]", annotated + "a-b]"}, afterFields: []string{annotated + "a]", annotated + "a-b]"},
		},
		{
			name: "AppArmor fields", pod: `{spec: {containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]}}`,
			level: api.LevelBaseline, last: 29,
			after: []Denial{{
				"appArmorProfile", "forbidden AppArmor profile", `container "a" must not set AppArmor profile type to "Unconfined"`,
			}},
			afterFields: []string{"spec.containers[0].securityContext.appArmorProfile.type"},
		},
		{
			name: "AppArmor annotation beside a field", level: api.LevelRestricted, last: 29, pod: `
metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}}
spec: {securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: a}]}`,
			upTo: []Denial{{
				"appArmorProfile", "forbidden AppArmor profile", `container.apparmor.security.beta.kubernetes.io/a="unconfined"`,
			}},
			after: []Denial{{
				"appArmorProfile", "forbidden AppArmor profiles",
				`pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="unconfined""`,
			}},
			upToFields: []string{annotated + "a]"}, afterFields: []string{"spec.securityContext.appArmorProfile.type", annotated + "a]"},
		},
		{ // case 38
			name: "image volume", pod: image, level: api.LevelRestricted, last: 32,
			upTo: []Denial{{
				"restrictedVolumes", "restricted volume types", `volume "v" uses restricted volume type "unknown"`,
			}},
			upToFields: []string{"spec.volumes[1].image"},
		},
	}
}

func TestEras(t *testing.T) {
	for _, c := range eraCases() {
		p := podOf(t, c.pod)
		before := p.DeepCopy()
		for server := 24; server <= NewestMinor; server++ {
			e := newEvaluator(t, server)
			want, fields := c.after, c.afterFields
			if server <= c.last {
				want, fields = c.upTo, c.upToFields
			}
			for _, version := range []api.Version{api.MajorMinorVersion(1, 0), api.MajorMinorVersion(1, 25), api.LatestVersion()} {
				lv := api.LevelVersion{Level: c.level, Version: version}
				var got, others []Denial
				for _, d := range e.Denials(lv, &p.ObjectMeta, &p.Spec) {
					if serversOf(d.Check)[0] == NewestMinor {
						others = append(others, d) // what restricted has against the pod besides
						continue
					}
					got = append(got, d)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: v1.%d, %s (-want +got):\n%s", c.name, server, lv, diff)
				}
				if len(others) > 0 && c.level == api.LevelBaseline {
					t.Errorf("%s: v1.%d, %s: also denied by %v", c.name, server, lv, others)
				}
				var located []string
				for _, d := range got {
					for _, f := range e.Locate(d.Check, e.EvaluatedAs(version), &p.ObjectMeta, &p.Spec) {
						located = append(located, f.Path)
					}
				}
				if diff := cmp.Diff(fields, located); diff != "" {
					t.Errorf("%s: v1.%d, %s: fields (-want +got):\n%s", c.name, server, lv, diff)
				}
			}
		}
		if diff := cmp.Diff(before, p); diff != "" {
			t.Errorf("%s: the pod was changed (-before +after):\n%s", c.name, diff)
		}
	}
}

// A server that emulates an older one clamps versions as that one does, but has its own checks.
func TestErasAreOfTheServersOwnRelease(t *testing.T) {
	p := podOf(t, `{spec: {volumes: [{name: v, image: {reference: a}}], containers: [{name: a, livenessProbe: {httpGet: {host: h, port: 80}}}]}}`)
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, c := range []struct {
		server, minor int
		want          []policy.CheckID
	}{
		{35, 35, []policy.CheckID{"hostProbesAndHostLifecycle"}},
		{35, 32, nil},
		{32, 32, []policy.CheckID{"restrictedVolumes"}},
	} {
		t.Run(fmt.Sprintf("v1.%d as v1.%d", c.server, c.minor), func(t *testing.T) {
			e, err := NewEmulatingEvaluator(c.server, c.minor)
			if err != nil {
				t.Fatal(err)
			}
			var got []policy.CheckID
			for _, d := range e.Denials(restricted, &p.ObjectMeta, &p.Spec) {
				if d.Check == "hostProbesAndHostLifecycle" || d.Check == "restrictedVolumes" {
					got = append(got, d.Check)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("denied by (-want +got):\n%s", diff)
			}
		})
	}
}
