package manifest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/workload"
)

// Cluster is what is known of a cluster that files are to be applied to.
type Cluster struct {
	// Minor is the server's, which decides what it makes of a manifest.
	Minor int
	// Namespaces reads namespaces by name, annotations included. What is neither in the result nor a gap is not there.
	Namespaces func(ctx context.Context, names []string) ([]corev1.Namespace, []workload.Gap, error)
}

// For returns the same files as kubectl apply would bring them to a cluster: its namespaces have the labels that they
// have there, changed by those of Namespace objects in the files. It must be asked for before anything is read.
func (s *Source) For(c Cluster) *Source {
	own := &Source{options: s.options, roots: s.roots, cluster: &c}
	own.options.Minor = c.Minor
	return own
}

// Absent are the namespaces that the files name and that neither they nor the cluster have: whoever creates them
// decides on their labels, and here they have none.
func (s *Source) Absent() []string {
	if s.set == nil {
		return nil
	}
	return s.set.absent
}

// Leaving are the namespaces that the cluster is deleting: it takes nothing new in them.
func (s *Source) Leaving() []string {
	if s.set == nil {
		return nil
	}
	return s.set.leaving
}

// settle gives the namespaces the labels that they will have in the cluster. A namespace that could not be read keeps
// those of the files, and is a gap.
func (s *set) settle(ctx context.Context, c *Cluster) error {
	names := make([]string, 0, len(s.namespaces))
	for i := range s.namespaces {
		names = append(names, s.namespaces[i].Name)
	}
	if len(names) == 0 {
		return nil
	}
	there, gaps, err := c.Namespaces(ctx, names)
	if err != nil {
		return err
	}
	s.gaps = append(s.gaps, gaps...)
	known := map[string]*corev1.Namespace{}
	for i := range there {
		known[there[i].Name] = &there[i]
	}
	for i := range s.namespaces {
		ns := &s.namespaces[i]
		_, declared := s.declared[ns.Name]
		live := known[ns.Name]
		unread := slices.ContainsFunc(gaps, func(g workload.Gap) bool { return g.Namespace == ns.Name })
		switch {
		case live == nil && !declared && !unread:
			s.absent = append(s.absent, ns.Name)
		case live != nil && declared:
			ns.Labels = applied(live, ns.Labels)
		case live != nil:
			ns.Labels = live.Labels
		}
		if live != nil && (live.DeletionTimestamp != nil || live.Status.Phase == corev1.NamespaceTerminating) {
			s.leaving = append(s.leaving, ns.Name)
		}
	}
	return nil
}

// applied are a namespace's labels after kubectl apply of a manifest: the manifest's win, those that an earlier apply
// set and the manifest lacks go, and what others have set stays. A manifest without the field labels, where an earlier
// one had it, takes the whole field away, and with it what others have set.
func applied(live *corev1.Namespace, manifest map[string]string) map[string]string {
	labels := maps.Clone(live.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	var before struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	// kubectl itself refuses to apply over what it cannot decode. Nothing goes then.
	if json.Unmarshal([]byte(live.Annotations[corev1.LastAppliedConfigAnnotation]), &before) == nil {
		if before.Metadata.Labels != nil && manifest == nil {
			return nil
		}
		for key := range before.Metadata.Labels {
			delete(labels, key)
		}
	}
	maps.Copy(labels, manifest)
	return labels
}
