package cmd

import (
	"os"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// editFlag is a mode flag: LEVEL[:VERSION] or -.
type editFlag struct {
	text string
	edit *survey.Edit
}

// String implements pflag.Value.
func (f *editFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *editFlag) Type() string { return "LEVEL[:VERSION]" }

// Set implements pflag.Value.
func (f *editFlag) Set(s string) error {
	edit, err := survey.ParseEdit(s)
	if err != nil {
		return err
	}
	f.text, f.edit = s, &edit
	return nil
}

// minorFlag is v1.N, or latest for the newest that this build knows.
type minorFlag struct {
	text  string
	minor *int
}

// String implements pflag.Value.
func (f *minorFlag) String() string { return f.text }

// Type implements pflag.Value.
func (f *minorFlag) Type() string { return "v1.N" }

// Set implements pflag.Value.
func (f *minorFlag) Set(s string) error {
	v, err := api.ParseVersion(s)
	if err != nil {
		return err
	}
	minor := standard.NewestMinor
	if !v.Latest() {
		minor = v.Minor()
	}
	f.text, f.minor = s, &minor
	return nil
}

// inCluster says that this runs in a pod, where a service account stands in for a kubeconfig.
func inCluster() bool { return os.Getenv("KUBERNETES_SERVICE_HOST") != "" }
