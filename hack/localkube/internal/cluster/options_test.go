package cluster

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseUser(t *testing.T) {
	for text, want := range map[string]User{
		"jane=secret":            {Name: "jane", Groups: []string{}, Token: "secret"},
		"jane,devs,qa=s=1":       {Name: "jane", Groups: []string{"devs", "qa"}, Token: "s=1"},
		"system:thing,g:h=token": {Name: "system:thing", Groups: []string{"g:h"}, Token: "token"},
	} {
		if got, err := ParseUser(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseUser(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "jane", "jane=", "=t", "jane,=t", "jane=a,b", `ja"ne=t`, "jane=a b"} {
		_, err := ParseUser(text)
		if err == nil || !strings.HasSuffix(err.Error(), `for "--user" flag: must be NAME[,GROUP...]=TOKEN`) {
			t.Errorf("ParseUser(%q): %v", text, err)
		}
	}
	const want = `invalid argument "admin=x" for "--user" flag: "admin" is there already`
	if _, err := ParseUser("admin=x"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCheckAdmissionConfig(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if path, err := CheckAdmissionConfig(""); err != nil || path != "" {
		t.Errorf("got %q, %v", path, err)
	}
	_, err := CheckAdmissionConfig("none.yaml")
	want := "cannot read --admission-config: open " + filepath.Join(dir, "none.yaml") + ": no such file or directory"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := CheckAdmissionConfig(dir); err == nil || !strings.HasPrefix(err.Error(), "cannot read --admission-config: ") {
		t.Errorf("a folder: %v", err)
	}
	write := func(kind string) {
		if err := os.WriteFile("a.yaml", []byte("kind: "+kind+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("AdmissionConfiguration")
	if path, err := CheckAdmissionConfig("a.yaml"); err != nil || path != filepath.Join(dir, "a.yaml") {
		t.Errorf("got %q, %v", path, err)
	}
	write("PodSecurityConfiguration")
	want = "--admission-config a.yaml holds no AdmissionConfiguration: a PodSecurityConfiguration belongs into its plugins list"
	if _, err := CheckAdmissionConfig("a.yaml"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestArgumentsFollowTheOptions(t *testing.T) {
	opts := options(t)
	opts.Port, opts.Audit, opts.AdmissionConfig = 6443, true, "/etc/admission.yaml"
	opts.APIServerArgs, opts.ControllerArgs = []string{"--v=4"}, []string{"--controllers=*,-ttl"}
	p, err := newPlan(opts, "/cluster")
	if err != nil {
		t.Fatal(err)
	}
	server := p.apiserver()
	for _, want := range []string{
		"--secure-port=6443", "--bind-address=127.0.0.1", "--admission-control-config-file=/etc/admission.yaml",
		"--audit-log-path=/cluster/audit.log", "--audit-policy-file=/cluster/audit-policy.yaml", "--allow-privileged=true",
	} {
		if !slices.Contains(server.Args, want) {
			t.Errorf("the API server lacks %s: %v", want, server.Args)
		}
	}
	// What the user says comes last, for then it wins.
	if last := server.Args[len(server.Args)-1]; last != "--v=4" {
		t.Errorf("the last argument is %s", last)
	}
	manager := p.controllerManager()
	if last := manager.Args[len(manager.Args)-1]; last != "--controllers=*,-ttl" {
		t.Errorf("the last argument is %s", last)
	}
	if !slices.Contains(manager.Args, "--use-service-account-credentials=true") {
		t.Errorf("got %v", manager.Args)
	}
}

func TestArgumentsWithoutOptions(t *testing.T) {
	p, err := newPlan(options(t), "/cluster")
	if err != nil {
		t.Fatal(err)
	}
	for _, arg := range p.apiserver().Args {
		if strings.HasPrefix(arg, "--audit") || strings.HasPrefix(arg, "--admission-control") {
			t.Errorf("unasked for: %s", arg)
		}
	}
	ports := map[int]bool{p.port: true, p.etcdPort: true, p.peerPort: true, p.extra: true}
	if len(ports) != 4 {
		t.Errorf("ports repeat: %v", ports)
	}
	for port := range ports {
		if port < lowestPort || port >= highestPort {
			t.Errorf("port %d is out of range", port)
		}
	}
}

func TestKWOKNeedsStages(t *testing.T) {
	opts := options(t)
	opts.StageDir = t.TempDir()
	p, err := newPlan(opts, "/cluster")
	if err != nil {
		t.Fatal(err)
	}
	want := "found no stages in " + opts.StageDir + ": remove the folder to have it built again"
	if _, err := p.kwok(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
