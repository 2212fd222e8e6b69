package compare

import (
	"net/http"
	"strings"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/simulate"
)

// Verdict is an answer as far as Pod Security makes it, in a form that a prediction has as well.
type Verdict struct {
	Allowed bool
	// Message is the denial of a pod after `pods "NAME" is forbidden: `, or else the server's whole text.
	Message  string
	Warnings []string
	// Audit are Pod Security's annotations in the audit log, without their prefix.
	Audit map[string]string
}

// podWarning is how every warning about a pod or a template begins. Other parts of a server warn as well.
const podWarning = "would violate PodSecurity "

// ofAnswer reduces an answer about a pod or a workload.
func ofAnswer(a *Answer, audit map[string]string) Verdict {
	v := Verdict{Allowed: a.status == nil, Message: a.message(), Audit: audit}
	if _, text, found := strings.Cut(v.Message, " is forbidden: "); found && a.code == http.StatusForbidden {
		v.Message = text
	}
	for _, w := range a.warnings {
		if strings.HasPrefix(w, podWarning) {
			v.Warnings = append(v.Warnings, w)
		}
	}
	return v
}

// ofChange is an answer to a change of labels, about which only Pod Security warns.
func ofChange(a *Answer, audit map[string]string) Verdict {
	return Verdict{Allowed: a.status == nil, Message: a.message(), Warnings: a.warnings, Audit: audit}
}

// ofNamespace is an answer to the creation of a namespace: what is wrong with its labels, a line each.
func ofNamespace(a *Answer, audit map[string]string) Verdict {
	v := Verdict{Allowed: a.status == nil, Warnings: a.warnings, Audit: audit}
	if a.status == nil {
		return v
	}
	if a.status.Details == nil {
		v.Message = a.message()
		return v
	}
	var lines []string
	for _, c := range a.status.Details.Causes {
		lines = append(lines, c.Field+": "+c.Message)
	}
	v.Message = strings.Join(lines, "\n")
	return v
}

// ofPod is what a report predicts of a pod, with the annotations that it does not show.
func ofPod(o *report.PodOutcome, simulated simulate.Answer) Verdict {
	return Verdict{
		Allowed: o.Allowed, Message: o.Message, Warnings: orNil(o.Warnings), Audit: annotations(o.Audit, simulated),
	}
}

// ofWorkload is what a report predicts of a workload object, which Pod Security never refuses.
func ofWorkload(o *report.WorkloadOutcome, simulated simulate.Answer) Verdict {
	return Verdict{Allowed: true, Warnings: orNil(o.Warnings), Audit: annotations(o.Audit, simulated)}
}

// annotations are those simulated. Of the one that is in the report, the report's word counts.
func annotations(violations string, simulated simulate.Answer) map[string]string {
	all := simulated.Audit
	if violations == "" {
		delete(all, api.AuditViolationsAnnotationKey)
	} else {
		if all == nil {
			all = map[string]string{}
		}
		all[api.AuditViolationsAnnotationKey] = violations
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// orNil makes a list without elements comparable to one that never was.
func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}
