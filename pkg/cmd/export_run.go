package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// exportSource is where rules come from.
type exportSource interface {
	// sets are the rules, with the names of their objects yet to be completed. None means that there is nothing to export,
	// and that why was said.
	sets(ctx context.Context, o *ExportOptions, to *recipient) ([]*export.Set, error)
}

// recipient is the cluster that the policies are for.
type recipient struct {
	// called is how messages name it.
	called string
	// minor is what latest means there, as far as this build knows it.
	minor int
	// validating and mutating say whether it has admission policies of its own.
	validating, mutating bool
}

// The first minors that serve the policies by admissionregistration.k8s.io/v1.
const (
	minorValidatingPolicies = 30
	minorMutatingPolicies   = 36
)

// Run prints the policies. Nothing but them goes to stdout.
func (o *ExportOptions) Run(ctx context.Context) error {
	to, err := o.meet(ctx)
	if err != nil {
		return err
	}
	if o.Target == export.VAP && !to.validating {
		return usagef("%s has no ValidatingAdmissionPolicy, which Kubernetes serves from v1.%d on: write for an engine that can be installed there by "+
			"--to gatekeeper, kyverno, kubewarden or jspolicy, or for the release that it will be upgraded to by --server-version v1.N", to.called, minorValidatingPolicies)
	}
	o.Render.MutatingPolicies = to.mutating
	if err := o.namespacesExist(ctx); err != nil {
		return err
	}
	sets, err := o.Rules.sets(ctx, o, to)
	if err != nil {
		return err
	}
	var documents []report.Document
	for i, set := range sets {
		o.complete(set, i == 0)
		more, err := o.Target.Render(set, o.Render)
		if err != nil {
			return fmt.Errorf("%s: %w", set.Name, err)
		}
		documents = append(documents, more...)
	}
	o.missingKinds(ctx, documents)
	if err := ctx.Err(); err != nil {
		return err
	}
	return o.Print(o.Streams.Out, documents)
}

// meet finds out what the policies are for: --server-version, else the server, else the newest release.
func (o *ExportOptions) meet(ctx context.Context) (*recipient, error) {
	release := func(minor int) *recipient {
		return &recipient{
			called: fmt.Sprintf("Kubernetes v1.%d", minor), minor: min(minor, standard.NewestMinor),
			validating: minor >= minorValidatingPolicies, mutating: minor >= minorMutatingPolicies,
		}
	}
	switch {
	case o.Minor != nil:
		return release(*o.Minor), nil
	case o.Client == nil:
		return release(standard.NewestMinor), nil
	}
	info, err := o.Client.Version(ctx)
	if err != nil {
		return nil, err
	}
	minor, err := standard.EffectiveMinor(info)
	if err != nil {
		return nil, err
	}
	to := release(minor)
	to.called = "this server (" + info.GitVersion + ")"
	plurals, ok, err := o.Client.Serves(ctx, admissionv1.SchemeGroupVersion)
	if ok {
		to.validating, to.mutating = plurals.Has("validatingadmissionpolicies"), plurals.Has("mutatingadmissionpolicies")
	}
	return to, err
}

// namespacesExist refuses names that the server does not know: policies for them would hold nobody. Who may not read
// namespaces is believed.
func (o *ExportOptions) namespacesExist(ctx context.Context) error {
	if o.Client == nil {
		return nil
	}
	found, gaps, err := o.Client.Namespaces(ctx, o.Names)
	if err != nil {
		return err
	}
	for _, name := range o.Names {
		there := slices.ContainsFunc(gaps, func(g workload.Gap) bool { return g.Namespace == name })
		for i := range found {
			there = there || found[i].Name == name
		}
		if !there {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, name)
		}
	}
	return nil
}

// complete gives a set the name that its objects begin with, and tells a reader where they come from.
func (o *ExportOptions) complete(set *export.Set, first bool) {
	switch {
	case o.Name != "" && first:
		set.Name = o.Name
	case o.Name != "":
		set.Name = o.Name + "-" + set.Name
	default:
		if suffix := o.suffix(); suffix != "" {
			set.Name += "-" + suffix
		}
	}
	about := []string{"Made by: " + shell.Join(o.Command...)}
	if len(o.Names) == 0 {
		about = append(about, "Namespaces: "+metav1.FormatLabelSelector(o.Render.Namespaces)+". Those of the system are left out: name them to mean them.")
	}
	set.About = slices.Concat(about, set.About)
}

// suffix tells the objects for some namespaces from those for others.
func (o *ExportOptions) suffix() string {
	if len(o.Names) == 1 {
		return o.Names[0]
	}
	text := strings.Join(o.Names, ",")
	if len(o.Names) == 0 {
		if len(o.Render.Namespaces.MatchExpressions) == 1 {
			return "" // all
		}
		text = metav1.FormatLabelSelector(o.Render.Namespaces)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// lv is a level of the recipient, with latest in numbers: rules stay as they are when the server is upgraded.
func (r *recipient) lv(level api.LevelVersion) (api.LevelVersion, error) {
	if level.Version.Latest() {
		level.Version = api.MajorMinorVersion(1, r.minor)
	}
	if newest := api.MajorMinorVersion(1, standard.NewestMinor); newest.Older(level.Version) {
		return level, usagef("--level %s is newer than this program, which knows the checks up to %s: name an older version", level, newest)
	}
	return level, nil
}
