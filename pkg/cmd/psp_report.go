package cmd

import (
	"cmp"
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-pss/kubectl-pss/pkg/manifest"
	"github.com/kubectl-pss/kubectl-pss/pkg/migration"
	"github.com/kubectl-pss/kubectl-pss/pkg/psp"
	"github.com/kubectl-pss/kubectl-pss/pkg/rbac"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// fromFiles reports on the policies of files. broken says that one of them is not right.
func (o *PSPListOptions) fromFiles(ctx context.Context) (list *report.PSPList, broken bool, err error) {
	read, err := manifest.ReadPolicies(ctx, *o.Files)
	if err != nil {
		return nil, false, usageError{err}
	}
	remarkOnPolicies(o.Streams, read)
	list = newPSPList()
	for i := range read.Items {
		p := &read.Items[i]
		item := report.PSP{Name: p.Name, Invalid: p.Invalid, Reasons: []report.PSPReason{}, Writes: []report.PSPWrite{}, Beyond: []report.PSPBeyond{}}
		if len(p.Invalid) == 0 {
			item = assessed(p.Policy)
		}
		item.Location = &report.Location{File: p.Location.File, Document: p.Location.Document}
		list.Items = append(list.Items, item)
	}
	slices.SortFunc(list.Items, func(a, b report.PSP) int { return cmp.Compare(a.Name, b.Name) })
	return list, len(read.Errors) > 0, nil
}

// live reports on the policies of the cluster, with who may use them and who does.
func (o *PSPListOptions) live(ctx context.Context) (*report.PSPList, bool, error) {
	v, err := o.look(ctx)
	if err != nil && !apierrors.IsForbidden(err) {
		return nil, false, err
	}
	if err != nil {
		return o.withoutUses(ctx, err)
	}
	list := newPSPList()
	list.Server, list.Served, list.Gaps = &v.Server, v.Check.Served, v.Check.Gaps
	uses := usesOf(v.Check)
	for _, p := range v.Policies {
		item := assessed(p)
		item.Users = usersOf(p.Name, &v.Access)
		item.UsedBy = append([]report.PSPUse{}, uses[p.Name]...)
		list.Items = append(list.Items, item)
	}
	return list, false, nil
}

func newPSPList() *report.PSPList {
	list := &report.PSPList{Items: []report.PSP{}, Gaps: []report.Gap{}}
	list.APIVersion, list.Kind = report.APIVersion, report.KindPSPList
	return list
}

// assessed is what a policy amounts to.
func assessed(p *psp.Policy) report.PSP {
	a := p.Assess()
	return report.PSP{
		Name: p.Name, Table: string(a.Table), Level: string(a.Level), Exception: a.Exception,
		Reasons: append([]report.PSPReason{}, a.Reasons...),
		Writes:  append([]report.PSPWrite{}, a.Writes...),
		Beyond:  append([]report.PSPBeyond{}, a.Beyond...),
	}
}

// usersOf are those who may use a policy. A grant in both API groups is told in the first of them.
func usersOf(name string, access *rbac.Objects) []report.PSPUser {
	type way struct {
		subject                  rbacv1.Subject
		namespace, binding, role string
	}
	users := []report.PSPUser{}
	seen := map[way]bool{}
	for _, group := range migration.PolicyGroups() {
		for _, g := range access.Who(migration.UseOf(name, group)) {
			w := way{g.Subject, g.Namespace, g.Binding, g.Role}
			if seen[w] {
				continue
			}
			seen[w] = true
			users = append(users, report.PSPUser{
				Kind: g.Subject.Kind, SubjectNamespace: g.Subject.Namespace, Name: g.Subject.Name,
				Namespace: g.Namespace, Binding: g.Binding, Role: g.Role, APIGroup: group,
			})
		}
	}
	return users
}

// usesOf are the workloads of a check by the policies that admit them.
func usesOf(c *report.PSPCheck) map[string][]report.PSPUse {
	uses := map[string][]report.PSPUse{}
	for i := range c.Items {
		for k := range c.Items[i].Workloads {
			w := &c.Items[i].Workloads[k]
			for _, a := range w.Policies {
				uses[a.Name] = append(uses[a.Name], report.PSPUse{
					Namespace: c.Items[i].Namespace, Group: w.Group, Kind: w.Kind, Name: w.Name, Pods: a.Pods, Source: a.Source,
				})
			}
		}
	}
	return uses
}

// withoutUses reports to somebody who may not list namespaces, so that nobody can say which workloads there are.
func (o *PSPListOptions) withoutUses(ctx context.Context, refusal error) (*report.PSPList, bool, error) {
	inquiry := o.Client.Ask(ctx)
	defer inquiry.Stop()
	policies, served, gap, err := o.Client.Policies(ctx)
	if err != nil {
		return nil, false, err
	}
	access, gaps, err := o.Client.Access(ctx, o.Source.ChunkSize, nil)
	if err != nil {
		return nil, false, err
	}
	facts, err := inquiry.Facts()
	if err != nil {
		return nil, false, err
	}
	list := newPSPList()
	server := o.server(&facts)
	list.Server, list.Served = &server, served
	list.Gaps = append(list.Gaps, report.Gap{Resource: "namespaces", Reason: "forbidden", Message: refusal.Error()})
	if gap != nil {
		gaps = append(gaps, *gap)
	}
	for _, g := range gaps {
		list.Gaps = append(list.Gaps, report.Gap(g))
	}
	for _, p := range policies {
		item := assessed(p)
		item.Users = usersOf(p.Name, &access)
		list.Items = append(list.Items, item)
	}
	return list, false, nil
}
