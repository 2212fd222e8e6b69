package printer

import (
	"encoding/json"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// pspGoldens are the golden files of what policies amount to, and of what they do for workloads.
func pspGoldens() []golden {
	colored := terminal.NewPalette(true)
	list := func(file string, l *report.PSPList, o Options) golden {
		return golden{file, func(t *testing.T) string { return render(t, PSPTable(o), l) }}
	}
	check := func(file string, c *report.PSPCheck, o Options) golden {
		o.Next = "kubectl pss psp check"
		return golden{file, func(t *testing.T) string { return render(t, PSPCheckTable(o), c) }}
	}
	format := func(file, format string) golden {
		return golden{file, func(t *testing.T) string {
			s, _, _, _ := terminal.NewTest()
			f := NewFlags("patch")
			f.Output = format
			write, err := ToPrinter(f, s, PSPCheck(Options{}, []string{"kubectl", "pss", "psp", "check"}, []string{"--context=it's"}))
			if err != nil {
				t.Fatal(err)
			}
			return render(t, write, pspChecked())
		}}
	}
	return []golden{
		list("psp/list", pspListed(), Options{}),
		list("psp/list-100", pspListed(), Options{Width: 100}),
		list("psp/list-60", pspListed(), Options{Width: 60}),
		list("psp/list-wide-color", pspListed(), Options{Wide: true, Width: 80, Color: colored}),
		list("psp/list-no-headers", pspListed(), Options{NoHeaders: true, Details: true}),
		list("psp/list-nothing", &report.PSPList{}, Options{}),
		list("psp/explain", pspListed(), Options{Details: true}),
		list("psp/explain-100-color", pspListed(), Options{Details: true, Width: 100, Color: colored}),
		check("psp/check", pspChecked(), Options{}),
		check("psp/check-80", pspChecked(), Options{Width: 80}),
		check("psp/check-details-100-color", pspChecked(), Options{Details: true, Width: 100, Color: colored}),
		check("psp/check-wide", pspChecked(), Options{Wide: true, Width: 80}),
		check("psp/check-no-headers", pspChecked(), Options{NoHeaders: true}),
		check("psp/check-no-trap", pspUntrapped(), Options{}),
		check("psp/check-gaps", withPSPGaps(pspUntrapped()), Options{}),
		check("psp/check-nothing", &report.PSPCheck{}, Options{}),
		format("psp/check-patch", "patch"),
		format("psp/check-name", "name"),
		format("psp/check-json", "json"),
	}
}

func pspListed() *report.PSPList {
	l := &report.PSPList{Served: true, Gaps: []report.Gap{{Resource: "roles.rbac.authorization.k8s.io", Namespace: "shop", Reason: "forbidden"}}}
	l.APIVersion, l.Kind = report.APIVersion, report.KindPSPList
	everywhere := report.PSPUser{
		Kind: "Group", Name: "system:authenticated", Binding: "clusterrolebinding/all", Role: "clusterrole/psp", APIGroup: "policy",
	}
	account := report.PSPUser{
		Kind: "ServiceAccount", SubjectNamespace: "shop", Name: "web", Namespace: "shop", Binding: "rolebinding/web", Role: "role/web", APIGroup: "policy",
	}
	again := account
	again.Binding, again.APIGroup = "rolebinding/old", "extensions"
	l.Items = []report.PSP{
		{
			Name: "hardened", Table: "privileged", Level: "restricted", Exception: "MustRunAsNonRoot admits what restricted refuses.",
			Reasons: []report.PSPReason{{
				Field: "spec.seLinux", Value: "RunAsAny", Against: "baseline", Aside: true, Text: "pods may have any SELinux label",
			}},
			Writes: []report.PSPWrite{
				{Field: "spec.runAsUser", Path: "spec.containers[*].securityContext.runAsNonRoot", Value: "true", When: "where neither runAsUser nor runAsNonRoot is set"},
				{Field: "spec.fsGroup", Path: "spec.securityContext.fsGroup", Value: "1"},
			},
			Beyond: []report.PSPBeyond{{Field: "spec.fsGroup", Value: "MustRunAs [1-9]", Text: "group IDs within ranges: no level looks at them"}},
			Users:  []report.PSPUser{account, again},
			UsedBy: []report.PSPUse{
				{Namespace: "shop", Group: "apps", Kind: "Deployment", Name: "web", Pods: 3, Source: report.PSPByAnnotation},
				{Namespace: "shop", Group: "batch", Kind: "CronJob", Name: "report", Source: report.PSPByAuthorisation},
			},
		},
		{
			Name: "from-a-file", Table: "baseline", Level: "baseline", Location: &report.Location{File: "backup.yaml", Document: 2},
			Reasons: []report.PSPReason{{
				Field: "spec.requiredDropCapabilities", Value: "unset", Against: "restricted", Text: "containers need not drop ALL capabilities",
			}},
		},
		{Name: "open", Table: "privileged", Level: "privileged", Users: []report.PSPUser{everywhere}, UsedBy: []report.PSPUse{}},
		{
			Name: "wrong", Location: &report.Location{File: "backup.yaml", Document: 3},
			Invalid: []string{`spec.fsGroup.rule: Unsupported value: ""`, `unknown field "spec.volume"`},
		},
	}
	return l
}

// pspChecked has each thing that can be said of a workload.
func pspChecked() *report.PSPCheck {
	c := pspUntrapped()
	const sc = "spec.containers[app].securityContext."
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	web := report.PSPWorkload{
		Group: "apps", Kind: "Deployment", Name: "web", State: "active", WithPolicy: "restricted", Without: "baseline", Patched: "restricted",
		Policies: []report.PSPAdmission{{Name: "hardened", Source: report.PSPByAnnotation, Pods: 3}},
		Written: []report.PSPDifference{
			{Path: "spec.securityContext.seccompProfile", Pod: raw(`{"type":"RuntimeDefault"}`), Policy: "hardened"},
			{Path: sc + "capabilities.drop", Template: raw(`["KILL"]`), Pod: raw(`["ALL","KILL"]`), Policy: "hardened"},
			{Path: sc + "runAsNonRoot", Pod: raw(`true`), Policy: "hardened"},
			{Path: "metadata.annotations[container.apparmor.security.beta.kubernetes.io/app]", Pod: raw(`"runtime/default"`), Policy: "older"},
		},
		Others: []report.PSPDifference{{Path: sc + "readOnlyRootFilesystem", Pod: raw(`true`)}},
		Trap: &report.PSPTrap{
			Policy: "hardened", Enforce: "restricted:latest", Repaired: true,
			Message: `violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true)`,
		},
		Patch: raw(`{"spec":{"template":{"metadata":{"annotations":{"x":"it's \u003c é 😀"}}}}}`), Undo: raw(`{"spec":{"template":null}}`),
	}
	owned := web
	owned.Name, owned.Owner = "owned", &report.Owner{Group: "argoproj.io", Kind: "Rollout", Name: "owned"}
	owned.Trap = &report.PSPTrap{Policy: "hardened", Enforce: "restricted:latest", Message: "violates"}
	owned.Patched, owned.Written, owned.Others = "baseline", web.Written[:1], nil
	lost := web
	lost.Group, lost.Kind, lost.Name, lost.State = "batch", "CronJob", "lost", "suspended"
	lost.Written, lost.Others, lost.Patch, lost.Undo, lost.Patched = web.Written[2:3], nil, nil, nil, ""
	lost.Trap = &report.PSPTrap{Policy: "hardened", Enforce: "restricted:latest", Message: "violates"}
	kept := web
	kept.Name, kept.Trap, kept.Others, kept.Without = "kept", nil, nil, "restricted"
	job := web
	job.Group, job.Kind, job.Name, job.Fixed, job.Others = "batch", "Job", "once", "the template of a Job cannot be changed", nil
	job.Trap = &report.PSPTrap{Policy: "hardened", Enforce: "restricted:latest", Message: "violates"}
	c.Items[0].Workloads = append([]report.PSPWorkload{kept, owned, web, lost, job}, c.Items[0].Workloads...)
	c.Items[0].Policies = []string{"hardened", "older", "open"}
	c.Items[0].AfterPatches = report.PSPModes{Enforce: "baseline", Audit: "restricted", Warn: "restricted"}
	c.Summary = report.PSPSummary{Verdict: report.Violates, Namespaces: 2, Workloads: 10, Trapped: 4, Repaired: 1}
	return c
}

func pspUntrapped() *report.PSPCheck {
	c := &report.PSPCheck{Served: true, Gaps: []report.Gap{}}
	c.APIVersion, c.Kind = report.APIVersion, report.KindPSPCheck
	privileged := report.PSPModes{Enforce: "privileged:latest", Audit: "privileged:latest", Warn: "privileged:latest"}
	level := report.PSPModes{Enforce: "baseline", Audit: "restricted", Warn: "restricted"}
	admitted := []report.PSPAdmission{{Name: "open", Source: report.PSPByAuthorisation}}
	c.Items = []report.PSPNamespace{
		{Namespace: "shop", Counted: true, Policies: []string{"open"}, Current: privileged, Recommended: level, AfterPatches: level, Workloads: []report.PSPWorkload{
			{Kind: "Pod", Name: "bare", State: "active", Policies: admitted, WithPolicy: "baseline", Without: "baseline"},
			{Group: "apps", Kind: "DaemonSet", Name: "agent", State: "active", WithPolicy: "privileged", Without: "privileged", Refused: []string{"open: spec.hostNetwork: Invalid value"}},
			{Group: "apps", Kind: "ReplicaSet", Name: "free", State: "idle", WithPolicy: "baseline", Without: "restricted"},
			{
				Group: "example.com", Kind: "Database", Name: "db", State: "active", NoTemplate: true, WithPolicy: "restricted", Without: "restricted",
				Policies: []report.PSPAdmission{{Name: "hardened", Source: report.PSPByAnnotation, Pods: 1}, {Name: "open", Source: report.PSPByAuthorisation}},
			},
			{
				Group: "apps", Kind: "StatefulSet", Name: "old", State: "active", WithPolicy: "restricted", Without: "baseline",
				Policies: []report.PSPAdmission{{Name: "gone", Source: report.PSPByAnnotation, Pods: 2}},
				Others:   []report.PSPDifference{{Path: "spec.containers[app].securityContext.runAsNonRoot", Pod: json.RawMessage(`true`)}},
			},
		}},
		{Namespace: "kube-system", Policies: []string{}, Current: privileged},
	}
	c.Summary = report.PSPSummary{Verdict: report.Complies, Namespaces: 2, Workloads: 5}
	return c
}

func withPSPGaps(c *report.PSPCheck) *report.PSPCheck {
	c.Gaps = []report.Gap{{Resource: "podsecuritypolicies.policy", Reason: "forbidden"}}
	c.Summary.Verdict = report.Incomplete
	return c
}
