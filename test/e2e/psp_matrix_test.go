//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
	nodev1 "k8s.io/api/node/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// The levels that a policy may amount to, besides privileged.
const (
	levelBaseline   = string(api.LevelBaseline)
	levelRestricted = string(api.LevelRestricted)
)

// holdLevels holds the level that a policy is said to amount to against what it lets through on a real server: every
// probe is made by somebody who may use that policy and no other, and what the policy made of it is judged by Pod
// Security in the same request. The level is the strictest that nothing which got through violates.
func holdLevels(t *testing.T) {
	t.Helper()
	const fewest, atOnce = 6000, 5 // a request costs the more the more policies there are
	m := &matrix{server: pspServer(t), seen: map[string]*passage{}, answers: map[string]map[string]fate{}}
	m.prepare(t)
	policies, probes := slices.Concat(demandingPolicies(), allowingPolicies(), estatePolicies(t)), pspProbes(m.told)
	for some := range slices.Chunk(policies, atOnce) {
		m.hold(t, some, probes)
	}
	t.Logf("%d policies, %d probes, %d answers; %d policies with an exception", len(policies), len(probes), m.tried, m.exceptions)
	if m.tried < fewest {
		t.Errorf("only %d answers, fewer than %d", m.tried, fewest)
	}
	compared.Add(int64(m.tried))
	t.Run("exports", func(t *testing.T) { m.holdExports(t, policies) })
}

// matrix is policies against probes.
type matrix struct {
	*server

	// told is a namespace that enforces nothing, notes what violates baseline and warns of what violates restricted.
	told string

	mu                sync.Mutex
	tried, exceptions int
	seen              map[string]*passage
	answers           map[string]map[string]fate // by policy and probe
}

// fate is what became of a probe.
type fate int

// What may become of a probe; invalid is that the server would not have it whatever the policy says.
const (
	turnedAway fate = iota
	letThrough
	notValid
)

// passage is what a policy let through.
type passage struct {
	admitted int
	// against names a probe that got through and violates a level; aside is the same without SELinux and AppArmor.
	against, aside map[string]string
}

// note remembers the probe that comes first in the alphabet, so that a run tells the same as the one before.
func (p *passage) note(level string, probe pspProbe) {
	remember := func(in *map[string]string) {
		if *in == nil {
			*in = map[string]string{}
		}
		if known, ok := (*in)[level]; !ok || probe.name < known {
			(*in)[level] = probe.name
		}
	}
	remember(&p.against)
	if !probe.aside {
		remember(&p.aside)
	}
}

// strictest is the level that nothing which got through violates.
func strictest(against map[string]string) string {
	switch {
	case against[levelBaseline] != "":
		return string(api.LevelPrivileged)
	case against[levelRestricted] != "":
		return levelBaseline
	default:
		return levelRestricted
	}
}

func (m *matrix) prepare(t *testing.T) {
	t.Helper()
	m.told = m.passing(t, "matrix", modes{audit: levelBaseline, warn: levelRestricted}.labels())
	class := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "sandboxed"}, Handler: "sandboxed"}
	if _, err := m.client.NodeV1().RuntimeClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// store creates policies, each with a user of the same name who may use it, and waits until they are in force.
func (m *matrix) store(t *testing.T, policies []*psp.Policy) {
	t.Helper()
	last := policy("zz-" + policies[0].Name) // of what was created, the server sees the last one last
	for _, p := range append(slices.Clone(policies), last) {
		p.Name = "matrix-" + p.Name
		m.seen[p.Name], m.answers[p.Name] = &passage{}, map[string]fate{}
		m.storePolicy(t, p)
		m.letUse(t, p.Name, m.told, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: p.Name})
	}
	eventually(t, last.Name+" to be in force", func() (bool, error) {
		a := m.dryCreate(t.Context(), last.Name, plainPod(m.told, "p"))
		return a.err == nil, a.err
	})
	m.removePolicy(t.Context(), t, last.Name)
}

// run makes every probe under every policy.
func (m *matrix) run(t *testing.T, policies []*psp.Policy, probes []pspProbe) {
	t.Helper()
	const workers = 4
	var group errgroup.Group
	group.SetLimit(workers)
	for _, p := range policies {
		for _, probe := range probes {
			group.Go(func() error { return m.try(t.Context(), p.Name, probe) })
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// try makes one probe under one policy.
func (m *matrix) try(ctx context.Context, user string, probe pspProbe) error {
	a := m.dryCreate(ctx, user, probe.pod)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tried++
	if a.err != nil {
		if a.code() == http.StatusUnprocessableEntity { // what it wrote does not go together with what was there
			m.answers[user][probe.name] = notValid
			return nil
		}
		if !strings.Contains(a.message(), "PodSecurityPolicy: unable to admit pod") {
			return fmt.Errorf("%s under %s: %w", probe.name, user, a.err)
		}
		return nil
	}
	m.answers[user][probe.name] = letThrough
	seen := m.seen[user]
	seen.admitted++
	if slices.ContainsFunc(a.warnings, func(w string) bool { return strings.HasPrefix(w, podWarning) }) {
		seen.note(levelRestricted, probe)
	}
	noted, err := m.log.annotations(a.auditID)
	if noted["audit-violations"] != "" {
		seen.note(levelBaseline, probe)
	}
	return err
}

// hold stores policies, tries them, and removes them. The plug-in tries each of a server's policies on each pod, those of
// other tests too, so that these wait for their turn.
func (m *matrix) hold(t *testing.T, policies []*psp.Policy, probes []pspProbe) {
	t.Helper()
	m.policyTurn.Lock()
	defer m.policyTurn.Unlock()
	m.store(t, policies)
	m.run(t, policies, probes)
	listed := m.listed(t)
	for _, p := range policies {
		m.judge(t, p, listed[p.Name])
		m.removePolicy(t.Context(), t, p.Name)
	}
}

// listed is what `kubectl pss psp list` says of each policy.
func (s *server) listed(t *testing.T) map[string]report.PSP {
	t.Helper()
	var list report.PSPList
	s.pspReport(t, &list, "psp", "list")
	found := map[string]report.PSP{}
	for _, p := range list.Items {
		found[p.Name] = p
	}
	return found
}

// judge compares. Where an exception is named, the mapping and the server have to part ways.
func (m *matrix) judge(t *testing.T, p *psp.Policy, said report.PSP) {
	t.Helper()
	seen := m.seen[p.Name]
	if seen.admitted == 0 {
		t.Errorf("%s let nothing through", p.Name)
	}
	table, level := strictest(seen.against), strictest(seen.aside)
	agrees := table == said.Table && level == said.Level
	switch {
	case said.Exception != "":
		m.exceptions++
		if agrees {
			t.Errorf("%s is what it is said to be, in spite of the exception %q", p.Name, said.Exception)
		}
	case !agrees:
		t.Errorf("%s amounts to %q by the table and to %q; what got through passes %s (%v) and %s (%v)\n%+v",
			p.Name, said.Table, said.Level, table, seen.against, level, seen.aside, p.Spec)
	}
}

// removePolicy deletes a policy.
func (s *server) removePolicy(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	client := s.client.PolicyV1beta1().RESTClient()
	if err := client.Delete().Resource("podsecuritypolicies").Name(name).Do(ctx).Error(); err != nil {
		t.Fatal(err)
	}
}

// storePolicy creates a policy, which client-go has no types for any more.
func (s *server) storePolicy(t *testing.T, p *psp.Policy) {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	client := s.client.PolicyV1beta1().RESTClient()
	if err := client.Post().Resource("podsecuritypolicies").Body(body).Do(t.Context()).Error(); err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
}

// texts are the documents of a YAML file.
func texts(t *testing.T, file string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var documents [][]byte
	for reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data))); ; {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if bytes.Contains(text, []byte("kind:")) {
			documents = append(documents, text)
		}
	}
}
