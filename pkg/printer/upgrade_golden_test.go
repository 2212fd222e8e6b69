package printer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// upgradeGoldens are the golden files of what another release changes, and of what pods that run do not take any more.
func upgradeGoldens() []checkGolden {
	colored := terminal.NewPalette(true)
	details := Options{Details: true}
	return []checkGolden{
		{"upgrade/table", upgrading(), table(Options{Next: "kubectl pss check ns NAME --upgrade-to v1.37"})},
		{"upgrade/table-80-color", upgrading(), table(Options{Width: 80, Color: colored})},
		{"upgrade/no-headers", upgrading(), table(Options{NoHeaders: true})},
		{"upgrade/details", upgrading(), table(details)},
		{"upgrade/details-100-color", upgrading(), table(Options{Details: true, Width: 100, Color: colored})},
		{"upgrade/nothing", upgradingNothing(), table(details)},
		{"upgrade/inexact-and-gaps", upgradingUnsure(), table(Options{})},
		{"upgrade/empty", moved(report.Complies, report.Changes{}), table(Options{})},
		{"upgrade/told", upgradingTold(), table(details)},
		{"upgrade/yaml", upgradingTold(), output("yaml")},
		{"updates/details", frozenPods(), table(details)},
		{"updates/details-80-color", frozenPods(), table(Options{Details: true, Width: 80, Color: colored})},
		{"updates/table", frozenPods(), table(Options{})},
		{"updates/proposal", frozenProposal(), table(details)},
	}
}

// moved is an estate whose server moves from v1.24 to v1.37.
func moved(verdict report.Verdict, sum report.Changes, items ...*space) *estate {
	e := newEstate(items...)
	e.Server.Version, e.Server.PolicyVersion = "v1.24.17", "v1.24"
	e.Upgrade = &report.Upgrade{From: "v1.24", To: "v1.37", Exact: true, Verdict: verdict, Changes: sum}
	for i := range e.Items {
		if e.Items[i].Upgrade != nil {
			e.Upgrade.Namespaces++
		}
	}
	return e
}

func (s *space) upgraded(up report.NamespaceUpgrade) *space {
	up.Policy = s.Current
	if up.Policy.Enforce.Level != levelPrivileged {
		up.Policy.Enforce.EvaluatedAs = "v1.37"
	}
	s.Upgrade = &up
	return s
}

func (w *work) upgraded(change report.UpgradeChange, blocks bool, then report.Outcome, causes ...report.UpgradeCause) *work {
	up := &report.WorkloadUpgrade{Change: change, Blocks: blocks, Causes: causes, Kept: true}
	seen := map[string]bool{}
	for _, c := range causes {
		up.Kept = up.Kept && c.Kept
		if !seen[c.Mode] {
			seen[c.Mode] = true
			up.Modes = append(up.Modes, c.Mode)
		}
	}
	for i := range w.Evidence {
		w.Evidence[i].Upgraded = &then
	}
	w.Upgrade = up
	return w
}

func deniedThere(text string) report.Outcome {
	return report.Outcome{Pod: report.PodOutcome{Message: text, Warnings: []string{}}}
}

func allowedThere(audit string, warnings ...string) report.Outcome {
	return report.Outcome{Pod: report.PodOutcome{Allowed: true, Audit: audit, Warnings: warnings}}
}

const enforcePin = "pod-security.kubernetes.io/enforce-version"

func upgrading() *estate {
	cause := func(check, mode string, how report.CauseChange, kept bool) report.UpgradeCause {
		return report.UpgradeCause{Check: check, Mode: mode, How: how, Kept: kept}
	}
	const probes = `violates PodSecurity "baseline:latest": probe or lifecycle host (container "app" uses probe or lifecycle host "127.0.0.1")`
	return moved(
		report.Violates, report.Changes{Fails: 3, Passes: 1, Other: 2},
		namespace("kube-system", 3).labels("baseline", "", "").with(
			workload("DaemonSet/proxy").template().upgraded(report.UpgradeFails, true, deniedThere(probes), cause("hostProbesAndHostLifecycle", "enforce", report.CauseDenies, true)),
		).upgraded(report.NamespaceUpgrade{Changes: report.Changes{Fails: 1}, Checks: []string{"hostProbesAndHostLifecycle"}, Kept: true}),
		namespace("payments", 12).labels("baseline", "", "").with(
			workload("Deployment/api").template().pods(3).
				upgraded(report.UpgradeFails, true, deniedThere(probes), cause("hostProbesAndHostLifecycle", "enforce", report.CauseDenies, true)),
			workload("Pod/alone").pods(1).
				upgraded(report.UpgradeFails, false, deniedThere(probes), cause("hostProbesAndHostLifecycle", "enforce", report.CauseDenies, true)),
			workload("Deployment/tuned").template(all(hostNetwork())...).
				upgraded(report.UpgradePasses, false, allowedThere(""), cause("sysctls", "enforce", report.CauseAllows, true)),
		).upgraded(report.NamespaceUpgrade{
			Changes: report.Changes{Fails: 2, Passes: 1}, Checks: []string{"hostProbesAndHostLifecycle", "sysctls"}, Kept: true,
			Pins: map[string]string{enforcePin: "v1.24"}, Command: "kubectl pss label ns payments --enforce=baseline:v1.24",
		}),
		namespace("shop", 4).labels("baseline", "", "").with(
			workload("Deployment/web").template(all(hostNetwork())...).upgraded(
				report.UpgradeReworded, false, deniedThere(`violates PodSecurity "baseline:latest": seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)`),
				cause("seLinuxOptions", "enforce", report.CauseReworded, false),
			),
		).upgraded(report.NamespaceUpgrade{
			Changes: report.Changes{Other: 1}, Checks: []string{"seLinuxOptions"},
		}),
		namespace("team", 1).labels("baseline", "", "").upgraded(report.NamespaceUpgrade{
			Changes: report.Changes{Other: 1}, Checks: []string{"appArmorProfile", "sysctls"},
			Pins: map[string]string{enforcePin: "v1.24"}, Command: "kubectl pss label ns team --enforce=baseline:v1.24",
		}),
		namespace("sandbox", 0),
	)
}

func upgradingNothing() *estate {
	return moved(report.Complies, report.Changes{}, namespace("shop", 3).labels("restricted", "", "").with(workload("Deployment/web").template()))
}

func upgradingUnsure() *estate {
	e := moved(report.Incomplete, report.Changes{}, namespace("shop", 3).gap("cronjobs.batch", "forbidden", ""))
	e.Upgrade.To, e.Upgrade.Exact, e.Upgrade.Inexact = "v1.40", false, []string{"this build knows the checks up to v1.37; newer ones are judged as v1.37"}
	return e
}

// upgradingTold is where enforce begins to imply warn.
func upgradingTold() *estate {
	const text = `would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`
	then := deniedThere(`violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)`)
	then.Workload = &report.WorkloadOutcome{Warnings: []string{text}}
	s := namespace("shop", 3).labels("baseline", "", "").with(workload("Deployment/web").template(all(hostNetwork())...)).
		upgraded(report.NamespaceUpgrade{Changes: report.Changes{Other: 1}})
	s.Workloads[0].Evidence[0].Upgraded = &report.Outcome{Pod: s.Workloads[0].Evidence[0].Outcome.Pod, Workload: then.Workload}
	s.Workloads[0].Upgrade = &report.WorkloadUpgrade{
		Change: report.UpgradeTold, Modes: []string{"warn"}, Causes: []report.UpgradeCause{{Mode: "warn", How: report.CauseImplied}},
	}
	s.Upgrade.Policy.Warn = labelled("(baseline)")
	return moved(report.Complies, report.Changes{Other: 1}, s)
}

// frozen says of pods that they take no other image.
func frozen(e *report.Evidence) {
	e.Updates = &report.Updates{
		Refused: []string{"image", "ephemeralContainers"}, Possible: []string{"labels", "annotations", "tolerations", "resize"}, Message: "violates",
	}
}

func frozenPods() *estate {
	return newEstate(
		namespace("shop", 4).labels("baseline", "", "").with(
			workload("Deployment/web").template(all(hostNetwork())...).pods(3, all(hostNetwork())...).last(frozen),
		),
		namespace("tidy", 1).labels("baseline", "", "").with(workload("Deployment/web").template().pods(1)),
	)
}

func frozenProposal() *estate {
	return newEstate(namespace("shop", 1).propose("baseline", "", "").with(
		workload("Pod/alone").pods(1, all(hostNetwork())...).last(frozen),
	))
}

// TestUpgradeCauses: the same of several modes is one line.
func TestUpgradeCauses(t *testing.T) {
	got := causeTexts([]report.UpgradeCause{
		{Check: "sysctls", Mode: "enforce", How: report.CauseAllows, Kept: true},
		{Check: "x", Mode: "enforce", How: report.CauseReworded},
		{Check: "sysctls", Mode: "audit", How: report.CauseAllows, Kept: true},
		{Check: "sysctls", Mode: "warn", How: report.CauseDenies},
		{Mode: "warn", How: report.CauseImplied},
	})
	want := []string{
		"cause: sysctls no longer denies (enforce, audit; by policy version)",
		"cause: x denies in other words (enforce; the release itself, no version label changes that)",
		"cause: sysctls newly denies (warn; the release itself, no version label changes that)",
		"cause: enforce implies warn",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
