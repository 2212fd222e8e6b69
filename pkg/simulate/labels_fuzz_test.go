package simulate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// FuzzLabels puts anything into a namespace's labels: for servers of every era the effective policy is what upstream's
// parser reads of them, and the server takes the change exactly when it has no complaint.
func FuzzLabels(f *testing.F) {
	for _, seed := range [][2]string{
		{"restricted", "latest"},
		{"baseline", "v1.30"},
		{"privileged", "v1.0"},
		{"", ""},
		{"Baseline", "1.30"},
		{"restricted ", "v1.030"},
		{"restricted\n", "v2.0"},
		{"\u202erestricted", "v1.-1"},
		{"restricted:latest", "v1.99999999999999999999"},
		{"\x00", "V1.30"},
		{"baseline", "v1.30.1"},
	} {
		f.Add(seed[0], seed[1], seed[0], seed[1], "privileged", "latest", byte(0x3f))
		f.Add("restricted", seed[1], "", "", seed[0], seed[1], byte(0x2d))
	}
	config, err := DefaultConfig()
	if err != nil {
		f.Fatal(err)
	}
	today, err := New(config)
	if err != nil {
		f.Fatal(err)
	}
	levels := []string{api.EnforceLevelLabel, api.AuditLevelLabel, api.WarnLevelLabel}
	versions := []string{api.EnforceVersionLabel, api.AuditVersionLabel, api.WarnVersionLabel}
	f.Fuzz(func(t *testing.T, enforce, enforceVersion, audit, auditVersion, warn, warnVersion string, there byte) {
		labels := map[string]string{"team": enforce, api.EnforceLevelLabel + "x": audit}
		complaints := 0
		for i, values := range [][2]string{{enforce, enforceVersion}, {audit, auditVersion}, {warn, warnVersion}} {
			if there>>(2*i)&1 == 1 {
				labels[levels[i]] = values[0]
				if _, err := api.ParseLevel(values[0]); err != nil {
					complaints++
				}
			}
			if there>>(2*i+1)&1 == 1 {
				labels[versions[i]] = values[1]
				if _, err := api.ParseVersion(values[1]); err != nil {
					complaints++
				}
			}
		}
		for _, minor := range []int{24, 25, 26, standard.NewestMinor} {
			a := today.ForServer(minor)
			got, errs := a.Policy(labels)
			if len(errs) != complaints {
				t.Errorf("v1.%d, %q: %d complaints, want %d: %v", minor, labels, len(errs), complaints, errs)
			}
			if minor >= impliedWarnSince {
				if want, _ := api.PolicyToEvaluate(labels, a.Defaults()); got != want {
					t.Errorf("v1.%d, %q: got %v, want %v", minor, labels, got, want)
				}
			}
			first, second := a.ChangeLabels("shop", nil, labels, nil), a.ChangeLabels("shop", nil, labels, nil)
			if first.Allowed != (complaints == 0) || !first.Exact {
				t.Errorf("v1.%d, %q: %+v with %d complaints", minor, labels, first, complaints)
			}
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("v1.%d, %q, the second time: %s", minor, labels, diff)
			}
		}
	})
}
