package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
)

// ReviewedAnnotation on kube-system records who could change labels when somebody last looked.
const ReviewedAnnotation = "pss.dev/relabel-reviewed"

// kubeSystem is the namespace that every cluster has; what concerns the cluster is noted there.
const kubeSystem = "kube-system"

// permissions: somebody has looked at who may change labels, and it is still the same.
func (p *planner) permissions() verdict {
	gaps := p.missing("", rbacResources()...)
	names, digest := relabelers(WhoRelabels(&p.Access, ""))
	switch {
	case gaps != "":
		return unknown("could not read %s", gaps)
	case len(names) == 0:
		return done("nobody but cluster admins and the system's own components may")
	case p.System == nil:
		return unknown("could not read namespace %s, where the review is recorded", kubeSystem)
	}
	record := p.Shell.kubectl("annotate", "ns", kubeSystem, "--overwrite", ReviewedAnnotation+"="+digest)
	forget := p.Shell.kubectl("annotate", "ns", kubeSystem, ReviewedAnnotation+"-")
	before := p.System.Annotations[ReviewedAnnotation]
	who := fmt.Sprintf("%s beside cluster admins and the system may: %s", count(len(names), "subject"), some(names))
	switch before {
	case digest:
		return done("reviewed: %s", who).by(nil, []string{forget})
	case "":
		return open("%s; see kubectl pss who-can relabel, then record that you did", who).by([]string{record}, []string{forget})
	default:
		back := p.Shell.kubectl("annotate", "ns", kubeSystem, "--overwrite", ReviewedAnnotation+"="+before)
		return open("not the same as when it was reviewed: %s; see kubectl pss who-can relabel", who).by([]string{record}, []string{back})
	}
}

// relabelers are the subjects that are neither admins nor system, and a digest of them with all their ways. It changes
// with every way that comes or goes, not with the order in which they were read.
func relabelers(all []report.Access) (names []string, digest string) {
	var lines []string
	for i := range all {
		a := &all[i]
		if a.Is != report.AccessSubject {
			continue
		}
		name := strings.ToLower(a.Kind) + "/" + a.Name
		if a.SubjectNamespace != "" {
			name = strings.ToLower(a.Kind) + "/" + a.SubjectNamespace + "/" + a.Name
		}
		names = append(names, name)
		for _, via := range a.Via {
			lines = append(lines, fmt.Sprintf("%s\x00%q\x00%s\x00%q\x00%s\x00%s",
				name, sorted(via.Verbs), via.Resource, sorted(via.Namespaces), via.Binding, via.Role))
		}
	}
	slices.Sort(names)
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	const length = 12 // told apart by eye; nobody gains by a collision
	return names, hex.EncodeToString(sum[:])[:length]
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
