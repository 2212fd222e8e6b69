package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-pss/kubectl-pss/hack/localkube/internal/release"
)

// Options is what "up" needs to know of the cluster to start.
type Options struct {
	Name string
	// Dir holds the cluster's files; empty means a folder in the store.
	Dir string
	// Port is where the API server listens; 0 means any free one.
	Port    int
	Release release.Release
	// BinDir holds the built components.
	BinDir string
	// StageDir holds what tells KWOK how pods and nodes behave.
	StageDir string
	// Nodes is how many nodes KWOK pretends; 0 means that neither KWOK nor the scheduler is started and pods stay Pending.
	Nodes int
	// NoControllers leaves out everything but etcd and the API server, KWOK included.
	NoControllers bool
	// AdmissionConfig is a file for --admission-control-config-file.
	AdmissionConfig string
	// Audit writes an audit log of all requests, with annotations but without bodies.
	Audit          bool
	APIServerArgs  []string
	ControllerArgs []string
	// Users are known to the API server besides the admin.
	Users []User
	// Timeout bounds each wait for the cluster.
	Timeout time.Duration
}

// User is someone that the API server knows by a token.
type User struct {
	Name   string
	Groups []string
	Token  string
}

// ParseUser reads NAME[,GROUP...]=TOKEN.
func ParseUser(text string) (User, error) {
	identity, token, found := strings.Cut(text, "=")
	names := strings.Split(identity, ",")
	bad := !found || token == "" || strings.ContainsAny(text, "\" \n\r") || strings.Contains(token, ",")
	for _, name := range names {
		bad = bad || name == ""
	}
	if bad {
		return User{}, fmt.Errorf("invalid argument %q for \"--user\" flag: must be NAME[,GROUP...]=TOKEN", text)
	}
	if names[0] == adminUser {
		return User{}, fmt.Errorf("invalid argument %q for \"--user\" flag: %q is there already", text, adminUser)
	}

	return User{Name: names[0], Groups: names[1:], Token: token}, nil
}

// CheckAdmissionConfig makes the path absolute, for the API server runs elsewhere, and says now what the API server
// would only say in its log.
func CheckAdmissionConfig(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("cannot use --admission-config: %w", err)
	}
	raw, err := os.ReadFile(absolute)
	if err != nil {
		return "", fmt.Errorf("cannot read --admission-config: %w", err)
	}
	if !strings.Contains(string(raw), "AdmissionConfiguration") {
		return "", fmt.Errorf("--admission-config %s holds no AdmissionConfiguration: "+
			"a PodSecurityConfiguration belongs into its plugins list", path)
	}

	return absolute, nil
}

// servesPods reports whether KWOK is wanted.
func (o Options) servesPods() bool { return o.Nodes > 0 && !o.NoControllers }
