package standard

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// invariants are what holds of Locate for each server, check, version and pod (Truth rule 6):
//   - it finds a field exactly when the check, as that server runs it, denies;
//   - every field is there, once, with its value and its container's name;
//   - the check allows the pod with all of them at an allowed value, and denies it with any of them left.
//
// It tells whether the check denied.
func invariants(server int, check policy.Check, v api.Version, p *corev1.Pod) (denied bool, err error) {
	asOf(server, &check)
	fields := (&Evaluator{server: server}).Locate(check.ID, v, &p.ObjectMeta, &p.Spec)
	revision := pick(check, v)
	if revision == nil {
		if len(fields) > 0 {
			return false, fmt.Errorf("not yet a check, but found %v", fields)
		}
		return false, nil
	}
	result := revision.CheckPod(&p.ObjectMeta, &p.Spec)
	if result.Allowed != (len(fields) == 0) {
		return !result.Allowed, fmt.Errorf("allowed is %t (%s), but found %v", result.Allowed, result.ForbiddenDetail, fields)
	}
	if result.Allowed {
		return false, nil
	}
	seen := map[string]bool{}
	for _, f := range fields {
		if seen[f.Path] {
			return true, fmt.Errorf("found %s twice", f.Path)
		}
		seen[f.Path] = true
		if wrong := wrongly(p, f); wrong != "" {
			return true, fmt.Errorf("%v: %s", f, wrong)
		}
	}
	return true, errors.Join(sufficient(revision, p, fields), necessary(revision, p, fields))
}

// sufficient proves that changing all the fields is enough.
func sufficient(revision *policy.VersionedCheck, p *corev1.Pod, fields []Field) error {
	changed := p.DeepCopy()
	for _, f := range fields {
		if err := neutralise(changed, f); err != nil {
			return fmt.Errorf("%v: %w", f, err)
		}
	}
	if result := revision.CheckPod(&changed.ObjectMeta, &changed.Spec); !result.Allowed {
		return fmt.Errorf("still denied with all of %v changed: %s", fields, result.ForbiddenDetail)
	}
	return nil
}

// necessary proves that changing all the fields but one is not enough.
func necessary(revision *policy.VersionedCheck, p *corev1.Pod, fields []Field) error {
	if len(fields) < 2 {
		return nil
	}
	for i := range fields {
		changed := p.DeepCopy()
		for j, f := range fields {
			if i == j {
				continue
			}
			if err := neutralise(changed, f); err != nil {
				return fmt.Errorf("%v: %w", f, err)
			}
		}
		if revision.CheckPod(&changed.ObjectMeta, &changed.Spec).Allowed {
			return fmt.Errorf("%v need not change", fields[i])
		}
	}
	return nil
}

func TestInvariantsOverFixtures(t *testing.T) {
	checks := policy.DefaultChecks()
	versions := append(classes(), api.LatestVersion())
	// Fixtures of one pod ask one question a version: their answers are kept, not asked for again.
	type question struct {
		pod     *corev1.Pod
		version api.Version
	}
	asked := map[question]bool{}
	for _, f := range allFixtures(t) {
		for _, v := range append(versions, f.version) {
			q := question{f.pod, v}
			if asked[q] {
				continue
			}
			asked[q] = true
			for _, check := range checks {
				for _, server := range serversOf(check.ID) {
					if _, err := invariants(server, check, v, f.pod); err != nil {
						t.Errorf("%s: %s at %s on v1.%d: %v", f.name, check.ID, v, server, err)
					}
				}
			}
		}
	}
	t.Logf("%d fixtures, %d pods with versions, %d checks", len(allFixtures(t)), len(asked), len(checks))
}

func TestInvariantsOverRandomPods(t *testing.T) {
	seed := rand.Uint64()
	if s := os.Getenv("PSS_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PSS_SEED=%d repeats this run", seed)
	source := rand.New(rand.NewPCG(seed, 0))
	checks, versions := policy.DefaultChecks(), classes()
	type row struct {
		check   policy.CheckID
		version api.Version
	}
	allowed, denied := map[row]int{}, map[row]int{}
	for i := range randomPods {
		p := randomPod(source.IntN)
		v := versions[source.IntN(len(versions))]
		for _, check := range checks {
			var wasDenied bool
			for _, server := range serversOf(check.ID) { // today's is the last one
				var err error
				if wasDenied, err = invariants(server, check, v, p); err != nil {
					t.Fatalf("PSS_SEED=%d, pod %d: %s at %s on v1.%d: %v", seed, i, check.ID, v, server, err)
				}
			}
			revision := pick(check, v)
			if revision == nil {
				continue
			}
			if r := (row{check.ID, revision.MinimumVersion}); wasDenied {
				denied[r]++
			} else {
				allowed[r]++
			}
		}
	}
	if randomPods < 20_000 {
		return
	}
	// The generator must not leave a row of the table untried: the rarest outcome comes about 160 times.
	const few = 50
	for _, check := range checks {
		for _, revision := range check.Versions {
			r := row{check.ID, revision.MinimumVersion}
			if allowed[r] < few || denied[r] < few {
				t.Errorf("%s since %s: only %d allowed, %d denied", r.check, r.version, allowed[r], denied[r])
			}
		}
	}
}

func FuzzInvariants(f *testing.F) {
	for seed := range uint64(32) {
		data := make([]byte, 256)
		source := rand.New(rand.NewPCG(seed, 1))
		for i := range data {
			data[i] = byte(source.Uint32())
		}
		f.Add(data)
	}
	checks, versions := policy.DefaultChecks(), classes()
	f.Fuzz(func(t *testing.T, data []byte) {
		p := randomPod(func(n int) int {
			if len(data) == 0 {
				return 0
			}
			chosen := int(data[0]) % n
			data = data[1:]
			return chosen
		})
		for _, check := range checks {
			for _, v := range versions {
				for _, server := range serversOf(check.ID) {
					if _, err := invariants(server, check, v, p); err != nil {
						t.Errorf("%s at %s on v1.%d: %v", check.ID, v, server, err)
					}
				}
			}
		}
	})
}
