package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/cluster"
	"github.com/kubectl-pss/kubectl-pss/pkg/export"
	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/shell"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// exceptSource holds a namespace to a level, but for some of its workloads.
type exceptSource struct {
	refs      []workload.Ref
	namespace string
	level     api.LevelVersion
}

// sets implements exportSource.
func (e *exceptSource) sets(ctx context.Context, o *ExportOptions, to *recipient) ([]*export.Set, error) {
	level, err := to.lv(e.level)
	if err != nil {
		return nil, err
	}
	identities, err := e.identities(ctx, o.Client)
	if err != nil {
		return nil, err
	}
	company, err := e.look(ctx, o, level)
	if err != nil {
		return nil, err
	}
	needed, needless, err := company.tell(o, e, identities, level)
	if err != nil || needless {
		return nil, err
	}
	exception := export.Exception{Level: needed}
	for i, ref := range e.refs {
		exception.Workloads = append(exception.Workloads, export.ExceptedWorkload{
			Ref: ref, Namespace: e.namespace, ServiceAccount: identities[i].ServiceAccount, Labels: identities[i].Labels,
		})
	}
	set, err := export.FromStandard(level.Level, level.Version, exception)
	if err != nil {
		return nil, err
	}
	return []*export.Set{set}, nil
}

// identities are what the workloads' pods can be told by.
func (e *exceptSource) identities(ctx context.Context, client *cluster.Client) ([]workload.Identity, error) {
	identities := make([]workload.Identity, len(e.refs))
	for i, ref := range e.refs {
		obj, err := client.Object(ctx, cluster.Target{Ref: ref, Namespace: e.namespace})
		if err != nil {
			return nil, err
		}
		m, err := meta.Accessor(obj)
		if err != nil {
			return nil, err
		}
		if owner := metav1.GetControllerOfNoCopy(m); owner != nil && carriesPods(owner) {
			return nil, usagef("%s belongs to %s/%s, which makes another one some day: except that one", kindAndName(ref), owner.Kind, owner.Name)
		}
		identity, _, ok := workload.IdentityOf(obj)
		if !ok {
			return nil, usagef("%s has no template that its pods could be told by", kindAndName(ref))
		}
		identities[i] = identity
	}
	return identities, nil
}

// carriesPods says whether a controller is one that an exception can name.
func carriesPods(owner *metav1.OwnerReference) bool {
	group, _, _ := strings.Cut(owner.APIVersion, "/")
	return slices.ContainsFunc(resources(), func(r resource) bool { return r.kind == owner.Kind && (r.group == group || r.group == "") })
}

func kindAndName(r workload.Ref) string { return r.Kind + "/" + r.Name }

// company is a namespace with the workloads beside the excepted ones.
type company struct {
	item *report.Namespace // nil where it may not be read
	mu   sync.Mutex
	pods map[workload.Ref]workload.Identity // of each workload, with all labels
}

// look surveys the namespace as it would be at the level.
func (e *exceptSource) look(ctx context.Context, o *ExportOptions, level api.LevelVersion) (*company, error) {
	c := &company{pods: map[workload.Ref]workload.Identity{}}
	now := time.Now()
	o.Source = cluster.Options{Names: []string{e.namespace}, ChunkSize: cmdutil.DefaultChunkSize, Convert: func(obj runtime.Object) *workload.Object {
		converted := workload.From(obj, now)
		if identity, labels, ok := workload.IdentityOf(obj); ok && converted != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.pods[converted.Ref] = workload.Identity{ServiceAccount: identity.ServiceAccount, Labels: labels}
		}
		return converted
	}}
	o.Survey.Named = []string{e.namespace}
	o.Survey.Candidate = survey.Candidate{survey.Enforce: {Level: level.Level, Version: level.Version.String()}}
	foresight, err := o.foresee(ctx)
	switch {
	case apierrors.IsForbidden(err):
		return c, nil
	case err != nil:
		return nil, err
	}
	for i := range foresight.Report.Items {
		c.item = &foresight.Report.Items[i]
	}
	if len(foresight.Report.Gaps) > 0 || c.item != nil && len(c.item.Gaps) > 0 {
		c.item = nil
	}
	return c, nil
}

// tell says what the exception means for the namespace: which level it has to keep, whom else the exception covers, and whom
// the policies will refuse. needed is empty where it is not known; needless says that there is nothing to except.
func (c *company) tell(o *ExportOptions, e *exceptSource, identities []workload.Identity, level api.LevelVersion) (needed api.Level, needless bool, err error) {
	if !c.has(e.refs) {
		o.Streams.Warn("the workloads of namespace %s could not all be read: which level the excepted ones need, and whom else the exception covers, is not known", e.namespace)
		return "", false, nil
	}
	needed = api.LevelRestricted
	var covered, refused []string
	others := 0
	for i := range c.item.Workloads {
		w := &c.item.Workloads[i]
		ref := workload.Ref{Group: w.Group, Kind: w.Kind, Name: w.Name}
		if slices.Contains(e.refs, ref) {
			if own := api.Level(w.Strictest); api.CompareLevels(own, needed) < 0 {
				needed = own
			}
			continue
		}
		others++
		pods, known := c.pods[ref]
		switch {
		case known && slices.ContainsFunc(identities, func(i workload.Identity) bool { return i.Covers(pods) }):
			covered = append(covered, kindAndName(ref))
		case w.Blocks:
			refused = append(refused, kindAndName(ref))
		}
	}
	if others > 0 && len(covered) == others {
		return "", false, usagef("the exception covers every workload of namespace %s: all pods have the service account and labels of the excepted ones; "+
			"give these a service account of their own", e.namespace)
	}
	if api.CompareLevels(needed, level.Level) >= 0 {
		say(o.Streams, fmt.Sprintf("Nothing to export: %s needs no exception from %s, and the label holds the whole namespace to it: kubectl pss label ns %s --enforce %[2]s",
			e.names(), level.Level, e.namespace))
		return needed, true, nil
	}
	if len(covered) > 0 {
		o.Streams.Warn("the exception covers %s too: the pods have the same service account and labels", few(covered))
	}
	if len(refused) > 0 {
		o.Streams.Warn("not excepted and not up to %s: %s. kubectl pss check ns %s --enforce %[1]s shows why", level, few(refused), e.namespace)
	}
	c.keeps(o, e, needed, level)
	return needed, false, nil
}

// has says whether the namespace could be read, and the workloads are among what was.
func (c *company) has(refs []workload.Ref) bool {
	return c.item != nil && !slices.ContainsFunc(refs, func(ref workload.Ref) bool {
		return !slices.ContainsFunc(c.item.Workloads, func(w report.Workload) bool { return ref == workload.Ref{Group: w.Group, Kind: w.Kind, Name: w.Name} })
	})
}

// keeps says which level the namespace's own label has to have.
func (c *company) keeps(o *ExportOptions, e *exceptSource, needed api.Level, level api.LevelVersion) {
	say(o.Streams, fmt.Sprintf("Namespace %s keeps enforce=%s, the most that %s can bear; the policies hold all others to %s.", e.namespace, needed, e.names(), level))
	if now := api.Level(c.item.Current.Enforce.Level); api.CompareLevels(now, needed) > 0 {
		words := []string{"kubectl", "pss", "label", "ns", e.namespace, "--enforce", string(needed)}
		say(o.Streams, fmt.Sprintf("It enforces %s now, which no policy can loosen. Once the policies enforce: %s", now, shell.Join(words...)))
	}
}

// names are the workloads excepted.
func (e *exceptSource) names() string {
	var names []string
	for _, ref := range e.refs {
		names = append(names, kindAndName(ref))
	}
	return few(names)
}

// few names some of many.
func few(names []string) string {
	const shown = 5
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}
