package printer

import (
	"encoding/json"
	"testing"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// migrationGoldens are the golden files of plans of the migration.
func migrationGoldens() []golden {
	table := func(file string, m *report.MigrationPlan, o Options) golden {
		o.Next = "kubectl pss psp plan --context=prod"
		return golden{file, func(t *testing.T) string { return render(t, MigrationTable(o), m) }}
	}
	output := func(file string, m *report.MigrationPlan, format string) golden {
		return golden{file, func(t *testing.T) string {
			s, _, _, _ := terminal.NewTest()
			f := NewFlags(FormatObjects)
			f.Output = format
			write, err := ToPrinter(f, s, Migration(Options{}))
			if err != nil {
				t.Fatal(err)
			}
			return render(t, write, m)
		}}
	}
	return []golden{
		table("migration/table", halfway(), Options{}),
		table("migration/table-60-color", halfway(), Options{Width: 60, Color: terminal.NewPalette(true)}),
		table("migration/table-wide", halfway(), Options{Width: 60, Wide: true}),
		table("migration/table-no-headers", halfway(), Options{NoHeaders: true}),
		table("migration/table-done", arrived(), Options{}),
		table("migration/step", oneStep(), Options{Details: true}),
		output("migration/objects", halfway(), "objects"),
		output("migration/name", halfway(), "name"),
		output("migration/yaml", oneStep(), "yaml"),
	}
}

// newMigration is a plan for a server of 1.24.
func newMigration(items ...report.MigrationStep) *report.MigrationPlan {
	m := &report.MigrationPlan{
		Server: report.Server{Version: "v1.24.17", PolicyVersion: "v1.24", Exact: true, PodSecurity: report.Fact{Value: "active", Source: "probed"}},
		Served: true, Items: items, Gaps: []report.Gap{},
	}
	m.APIVersion, m.Kind = report.APIVersion, report.KindMigrationPlan
	return m
}

// halfway has steps of the cluster and of namespaces in every state, and names that no terminal may see.
func halfway() *report.MigrationPlan {
	binding := func(namespace string) json.RawMessage {
		return json.RawMessage(`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"disable-psp","namespace":"` + namespace + `"}}`)
	}
	policy := json.RawMessage(`{"apiVersion":"policy/v1beta1","kind":"PodSecurityPolicy","metadata":{"name":"privileged"}}`)
	m := newMigration(
		report.MigrationStep{Step: "permissions", Number: 1, Title: "Review who may change labels", State: report.StepDone, Why: "reviewed", Undo: []string{"kubectl annotate ns kube-system a-"}},
		report.MigrationStep{
			Step: "harden", Number: 2, Namespace: "shop", Title: "Write into templates", State: report.StepOpen, Why: "policies write into pods of deployment.apps/web\x1b[2J what the template does not say",
			Commands: []string{`kubectl patch deployment.apps/web -n shop --type=strategic -p '{"spec":{"template":{"spec":{"securityContext":{"runAsNonRoot":true}}}}}'`},
			Undo:     []string{`kubectl patch deployment.apps/web -n shop --type=strategic -p '{"spec":{"template":{"spec":{"securityContext":null}}}}'`},
		},
		report.MigrationStep{Step: "harden", Number: 2, Namespace: "portal", Title: "Write into templates", State: report.StepDone, Why: "no template lacks what a policy writes"},
		report.MigrationStep{Step: "harden", Number: 2, Namespace: "empty", Title: "Write into templates", State: report.StepNone, Why: "there is no workload"},
	)
	for _, namespace := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		m.Items = append(m.Items, report.MigrationStep{
			Step: "bypass", Number: 7, Namespace: namespace, Title: "Let PodSecurityPolicy admit everything", State: report.StepOpen,
			Why: "pods here must still satisfy a policy, and may be changed by it", Objects: []json.RawMessage{policy, binding(namespace)},
			Commands: []string{"kubectl pss psp plan " + namespace + " --bypass --context=prod | kubectl apply -f - --context=prod"},
			Undo:     []string{"kubectl delete rolebinding -n " + namespace + " disable-psp --context=prod"},
		})
	}
	m.Items = append(
		m.Items,
		report.MigrationStep{
			Step: "creation", Number: 8, Title: "Give new namespaces a level", State: report.StepUnknown, Why: "no API shows it",
			Commands: []string{"# on every control plane node: start it with that file"}, Undo: []string{"# start it without that file"},
		},
		report.MigrationStep{Step: "plugin-off", Number: 9, Title: "Turn PodSecurityPolicy off", State: report.StepNone, Why: "this server has no PodSecurityPolicy"},
	)
	m.Gaps = append(m.Gaps, report.Gap{Resource: "cronjobs.batch", Namespace: "shop", Reason: "forbidden"})
	return m
}

func arrived() *report.MigrationPlan {
	m := newMigration(
		report.MigrationStep{Step: "enforce", Number: 6, Namespace: "shop", Title: "Enforce the level", State: report.StepDone, Why: "enforce is at restricted"},
		report.MigrationStep{Step: "plugin-off", Number: 9, Title: "Turn PodSecurityPolicy off", State: report.StepNone, Why: "this server has no PodSecurityPolicy"},
	)
	m.Server.PodSecurity = report.Fact{Value: "inactive", Source: "probed", Reason: "its metrics do not know it"}
	return m
}

func oneStep() *report.MigrationPlan {
	return newMigration(
		report.MigrationStep{
			Step: "enforce", Number: 6, Namespace: "portal", Title: "Enforce the level", State: report.StepOpen, Why: "enforce is not set; baseline passes",
			Commands: []string{"kubectl pss label ns portal --enforce=baseline --yes"}, Undo: []string{"kubectl pss label ns portal --enforce=- --yes"},
		},
		report.MigrationStep{
			Step: "enforce", Number: 6, Namespace: "shop", Title: "Enforce the level", State: report.StepDone, Why: "enforce is at restricted",
			Undo: []string{"kubectl pss label ns shop --enforce=- --yes"},
		},
	)
}
