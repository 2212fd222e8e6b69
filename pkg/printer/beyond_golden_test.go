package printer

import (
	"strings"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/terminal"
)

func beyondGoldens() []checkGolden {
	return []checkGolden{
		{"beyond/company", lookedBeyond(), table(Options{})},
		{"beyond/company-80", lookedBeyond(), table(Options{Width: 80})},
		{"beyond/company-100-color", lookedBeyond(), table(Options{Width: 100, Color: terminal.NewPalette(true)})},
		{"beyond/company-120", lookedBeyond(), table(Options{Width: 120})},
		{"beyond/company-wide", lookedBeyond(), table(Options{Wide: true})},
		{"beyond/no-headers", lookedBeyond(), table(Options{NoHeaders: true})},
		{"beyond/details-80", lookedBeyond(), table(Options{Width: 80, Details: true})},
		{"beyond/gaps", beyondWithGaps(), table(Options{Width: 80})},
		{"beyond/nothing", nothingBeyond(), table(Options{Width: 80})},
		{"beyond/columns", lookedBeyond(), output("custom-columns=NAMESPACE:.namespace,ROOT:.beyond.read-only-root-filesystem,TAGS:.beyond.image-tags")},
		{"beyond/yaml", lookedBeyond(), output("yaml")},
	}
}

// breaks gives all evidence of a workload findings: "image-tags containers[0].image c nginx:latest", a - for what is not there.
func (w *work) breaks(findings ...string) *work {
	for _, text := range findings {
		words := strings.Fields(text)
		f := report.Field{Path: "spec." + words[1], Container: words[2]}
		if f.Container == "-" {
			f.Container = ""
		}
		if words[3] != "-" {
			f.Value = words[3]
		}
		if n := len(w.Beyond); n == 0 || w.Beyond[n-1] != words[0] {
			w.Beyond = append(w.Beyond, words[0])
		}
		for i := range w.Evidence {
			list := &w.Evidence[i].Beyond
			if n := len(*list); n == 0 || (*list)[n-1].Control != words[0] {
				*list = append(*list, report.BeyondFinding{Control: words[0]})
			}
			last := &(*list)[len(*list)-1]
			last.Fields = append(last.Fields, f)
		}
	}
	return w
}

// beyond adds the findings of the counted namespaces up.
func (e *estate) beyond(complete bool) *estate {
	e.Beyond = &report.Beyond{Registries: []string{"registry.example.com"}}
	for _, c := range []struct{ control, demand, more string }{
		{"read-only-root-filesystem", "containers have a read-only root file system", ""},
		{"trusted-registries", "images come from trusted registries", " --registry registry.example.com"},
		{"service-account-token", "no token of a service account is mounted", ""},
		{"resource-limits", "containers have limits of CPU and memory", ""},
		{"image-tags", "images have a digest, or a tag other than latest", ""},
		{"image-digests", "images have a digest", ""},
	} {
		sum := report.BeyondControl{Control: c.control, Demand: c.demand, Complete: complete, Export: "kubectl pss export --control " + c.control + c.more}
		for i := range e.Items {
			item := &e.Items[i]
			if item.Beyond == nil {
				item.Beyond = map[string]int{}
			}
			n := 0
			for k := range item.Workloads {
				if strings.Contains(strings.Join(item.Workloads[k].Beyond, " "), c.control) {
					n++
				}
			}
			item.Beyond[c.control] = n
			if n > 0 && item.Counted {
				sum.Workloads += n
				sum.Namespaces++
			}
		}
		e.Beyond.Controls = append(e.Beyond.Controls, sum)
	}
	return e
}

func lookedBeyond() *estate {
	writable := "read-only-root-filesystem containers[0].securityContext.readOnlyRootFilesystem web -"
	return newEstate(
		namespace("payments", 3).labels("restricted", "", "(restricted)").with(
			workload("Deployment/api").template().pods(3),
			workload("Deployment/web").template().pods(2).breaks(
				writable, "read-only-root-filesystem initContainers[0].securityContext.readOnlyRootFilesystem \x1b[31mmigrate -",
				"trusted-registries containers[0].image web nginx:latest\x1b[2J", "service-account-token automountServiceAccountToken - -",
				"resource-limits containers[0].resources.limits.cpu web -", "resource-limits containers[0].resources.limits.memory web -",
				"image-tags containers[0].image web nginx:latest", "image-digests containers[0].image web nginx:latest",
			),
		),
		namespace("shop-of-a-team-with-a-very-long-name", 42).with(
			workload("Deployment/cart").template(root("c")...).pods(3, root("c")...).breaks(writable),
		),
		namespace("kube-system", 6).with(workload("DaemonSet/kube-proxy").template().pods(6).breaks(writable)),
	).beyond(true)
}

func beyondWithGaps() *estate {
	return newEstate(namespace("shop", 3).gap("cronjobs.batch", "forbidden", "").with(
		workload("Deployment/cart").template().pods(3).breaks("image-tags containers[0].image c nginx"),
	)).beyond(false)
}

func nothingBeyond() *estate {
	return newEstate(namespace("shop", 3).with(workload("Deployment/cart").template().pods(3))).beyond(true)
}
