package printer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

// blockedGoldens are the golden files of what is refused right now.
func blockedGoldens() []golden {
	colored := terminal.NewPalette(true)
	table := func(file string, r *report.BlockedReport, o Options) golden {
		return golden{file, func(t *testing.T) string { return render(t, BlockedTable(o), r) }}
	}
	output := func(file string, r *report.BlockedReport, format string) golden {
		return golden{file, func(t *testing.T) string {
			s, _, _, _ := terminal.NewTest()
			f := NewFlags()
			f.Output = format
			write, err := ToPrinter(f, s, Blocked())
			if err != nil {
				t.Fatal(err)
			}
			return render(t, write, r)
		}}
	}
	return []golden{
		table("blocked/every-kind", everyKindBlocked(), Options{}),
		table("blocked/every-kind-80", everyKindBlocked(), Options{Width: 80}),
		table("blocked/every-kind-100", everyKindBlocked(), Options{Width: 100}),
		table("blocked/every-kind-120-color", everyKindBlocked(), Options{Width: 120, Color: colored}),
		table("blocked/every-kind-40", everyKindBlocked(), Options{Width: 40}),
		table("blocked/every-kind-no-headers", everyKindBlocked(), Options{NoHeaders: true, Width: 80}),
		table("blocked/every-kind-wide", everyKindBlocked(), Options{Wide: true, Width: 80}),
		table("blocked/one", oneBlocked(), Options{Width: 100}),
		table("blocked/nothing", newBlocked(), Options{}),
		table("blocked/gaps-and-nothing", withBlockedGaps(newBlocked()), Options{}),
		table("blocked/gaps-and-one-100-color", withBlockedGaps(oneBlocked()), Options{Width: 100, Color: colored}),
		output("blocked/json", oneBlocked(), "json"),
		output("blocked/yaml", withBlockedGaps(oneBlocked()), "yaml"),
		output("blocked/name", everyKindBlocked(), "name"),
		output("blocked/jsonpath", everyKindBlocked(), `jsonpath={range .items[*]}{.namespace}{"\t"}{.missing}{"\n"}{end}`),
	}
}

// blockedTime is when a report was made.
func blockedTime() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) }

func newBlocked(items ...report.Blocked) *report.BlockedReport {
	r := &report.BlockedReport{Server: newEstate().Server, Time: blockedTime(), Items: append([]report.Blocked{}, items...), Gaps: []report.Gap{}}
	r.APIVersion, r.Kind = report.APIVersion, report.KindBlockedReport
	return r
}

func withBlockedGaps(r *report.BlockedReport) *report.BlockedReport {
	r.Gaps = []report.Gap{
		{Resource: "events", Namespace: "payments", Reason: "forbidden", Message: `events is forbidden: User "x" cannot list`},
		{Resource: "events", Namespace: "shop", Reason: "forbidden", Message: `events is forbidden: User "x" cannot list`},
		{Resource: "jobs.batch", Reason: "timeout", Message: "context deadline exceeded"},
	}
	return r
}

// lacks is an item that lacks some of its pods since a moment before the report; exactly then, if a condition says so.
func lacks(namespace, kindAndName string, missing, wanted int, since time.Duration, exact bool, checks ...string) report.Blocked {
	w := workload(kindAndName)
	b := report.Blocked{
		Namespace: namespace, Group: w.Group, Kind: w.Kind, Name: w.Name, Missing: missing, Wanted: wanted,
		Since: blockedTime().Add(-since), SinceExact: exact, Last: blockedTime().Add(-min(since, 90*time.Second)),
		Policy: "restricted:latest", Checks: append([]string{}, checks...), Sources: []string{"event"},
	}
	b.Message = fmt.Sprintf("violates PodSecurity %q: %s", b.Policy, strings.Join(append(checks, "and so on"), ", "))
	if exact {
		b.Sources = []string{"condition", "event"}
	}
	return b
}

func via(b report.Blocked, group, kind, name string) report.Blocked {
	b.Via = &report.Owner{Group: group, Kind: kind, Name: name}
	return b
}

func fourChecks() []string {
	return []string{"allowPrivilegeEscalation", "capabilities_restricted", "runAsNonRoot", "seccompProfile_restricted"}
}

func oneBlocked() *report.BlockedReport {
	return newBlocked(via(lacks("payments", "Deployment/api", 2, 3, 26*time.Hour, true, fourChecks()...), "apps", "ReplicaSet", "api-5d8c9f7b6d"))
}

// everyKindBlocked has a row of each kind, and each thing that can be said of one.
func everyKindBlocked() *report.BlockedReport {
	pinned := lacks("payments", "DaemonSet/log-agent", 5, 5, 51*time.Minute, false, "hostPathVolumes")
	pinned.Policy, pinned.Message = "baseline:v1.30", strings.Replace(pinned.Message, "restricted:latest", "baseline:v1.30", 1)
	changed := lacks("shop", "Job/migrate", 1, 1, 4*time.Second, false)
	ahead := lacks("shop", "ReplicationController/legacy", 1, 2, -time.Hour, true, "runAsNonRoot")
	return newBlocked(
		pinned,
		via(lacks("payments", "Deployment/api", 2, 3, 26*time.Hour, true, fourChecks()...), "apps", "ReplicaSet", "api-5d8c9f7b6d"),
		via(lacks("payments", "Deployment/api", 1, 1, 3*time.Minute, true, fourChecks()...), "apps", "ReplicaSet", "api-7f6c5d4b3a"),
		lacks("payments", "StatefulSet/ledger", 3, 3, 20*time.Minute, false, "runAsNonRoot", "seccompProfile_restricted"),
		via(lacks("shop", "CronJob/backup", 1, 1, time.Minute, false, fourChecks()[:3]...), "batch", "Job", "backup-29921994"),
		via(lacks("shop", "CronJob/backup", 1, 1, 2*time.Minute, false, fourChecks()[:3]...), "batch", "Job", "backup-29921995"),
		changed,
		ahead,
	)
}
