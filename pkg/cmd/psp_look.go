package cmd

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/migration"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// pspSurveyor looks at what policies do in a live cluster, with progress on stderr.
type pspSurveyor struct {
	surveyor
	// Files are read instead of the cluster's policies; nil reads those.
	Files *manifest.Options
	// Through wraps the source, for those who have to see more of what is read; nil does not.
	Through func(workload.Source) workload.Source
}

// pspView is what was seen.
type pspView struct {
	Check    *report.PSPCheck
	Policies []*psp.Policy
	Read     *manifest.Policies // nil without files
	Access   rbac.Objects
	Accounts []types.NamespacedName
	Facts    cluster.Facts
	Server   report.Server
	// Admission says whether policies judge pods; Off is that the server has them and is known not to ask them.
	Admission cluster.Admission
	Off       bool
}

// broken says that files hold what no server would take.
func (v *pspView) broken() bool { return v.Read != nil && len(v.Read.Errors) > 0 }

// look asks the server what it is, reads policies and rights, and then what they do for workloads.
func (o *pspSurveyor) look(ctx context.Context) (*pspView, error) {
	v := &pspView{}
	options := migration.CheckOptions{Admission: o.Survey.Admission, Named: o.Survey.Named}
	if o.Files != nil {
		var err error
		if v.Read, err = manifest.ReadPolicies(ctx, *o.Files); err != nil {
			return nil, err
		}
		v.Policies = v.Read.Valid()
		remarkOnPolicies(o.Streams, v.Read)
	}
	progress := terminal.NewProgress(o.Streams, o.Host)
	defer progress.Stop()
	from := o.Source
	from.OnPage = progress.Page
	read, err := cluster.NewSource(o.Client, from)
	if err != nil {
		return nil, usageError{err}
	}
	var source workload.Source = read
	if o.Through != nil {
		source = o.Through(source)
	}
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	if err := o.learn(inquiry); err != nil {
		return nil, err
	}
	if err := o.rights(ctx, v, &options); err != nil {
		return nil, err
	}
	info, err := inquiry.Version()
	if err != nil {
		return nil, err
	}
	v.Admission = o.Client.Admission(ctx, info)
	v.Off = options.Served && v.Admission.PodSecurityPolicy.Value == cluster.Inactive
	options.Off = v.Off
	options.Minor, options.Binary, options.Policies = o.Survey.Minor, o.Survey.Binary, v.Policies
	if v.Check, err = migration.Check(ctx, source, options); err != nil {
		return nil, err
	}
	if v.Facts, err = inquiry.Facts(); err != nil {
		return nil, err
	}
	v.Server = o.server(&v.Facts)
	v.Check.Server = v.Server
	return v, nil
}

// rights reads the policies, unless files have them, and who may use them.
func (o *pspSurveyor) rights(ctx context.Context, v *pspView, options *migration.CheckOptions) error {
	policies, served, gap, err := o.Client.Policies(ctx)
	if err != nil {
		return err
	}
	options.Served = served
	if v.Read == nil {
		v.Policies = policies
		if gap != nil {
			options.Gaps = append(options.Gaps, *gap)
		}
	}
	if len(v.Policies) == 0 && v.Read == nil && !served {
		return nil // there is nothing that anybody could have a right to
	}
	access, gaps, err := o.Client.Access(ctx, o.Source.ChunkSize, o.Source.Names)
	if err != nil {
		return err
	}
	options.Gaps = append(options.Gaps, gaps...)
	accounts, gaps, err := o.Client.ServiceAccounts(ctx, o.Source.ChunkSize, o.Source.Names)
	if err != nil {
		return err
	}
	options.Gaps = append(options.Gaps, gaps...)
	v.Access, v.Accounts = access, accounts
	options.Access, options.Accounts = access, accounts
	return nil
}
