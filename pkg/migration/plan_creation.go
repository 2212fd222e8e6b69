package migration

import (
	"fmt"
	"slices"

	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-pss/kubectl-pss/pkg/report"
	"github.com/kubectl-pss/kubectl-pss/pkg/survey"
)

// creation: a namespace that somebody makes has a level without anybody thinking of it.
func (p *planner) creation() verdict {
	commands := []string{
		p.Shell.planOf(nil, "--step", StepCreation, "-o", "objects") + " > pod-security.yaml",
		"# on every control plane node: make it /etc/kubernetes/pod-security.yaml, let kube-apiserver see that file, and start it with" +
			" --admission-control-config-file=/etc/kubernetes/pod-security.yaml" +
			" (kubeadm: extraArgs and extraVolumes of apiServer in its ClusterConfiguration)",
	}
	undo := []string{"# start kube-apiserver without --admission-control-config-file, or with the file that it had before"}
	objects := p.admissionConfiguration()
	switch d := p.Defaults; {
	case d == nil:
		return unknown("%s", p.DefaultsWhy).by(commands, undo).with(objects)
	case slices.ContainsFunc([]string{d.Enforce, d.Audit, d.Warn}, isLevelled):
		return done("namespaces without labels have %s (%s)", levelsOf(d), d.Source).by(nil, undo).with(objects)
	default:
		aside := ""
		if names := p.opened((*planner).enforce); len(names) > 0 {
			aside = "; enforce comes first, in " + some(names) + ": what is not labelled then gets these levels"
		}
		return open("namespaces without labels are privileged (%s)%s", d.Source, aside).by(commands, undo).with(objects)
	}
}

// isLevelled says whether a default does anything: LEVEL:VERSION, or nothing where it is not known.
func isLevelled(text string) bool {
	lv, ok := levelOf(text)
	return ok && lv != api.LevelPrivileged
}

func levelsOf(d *report.Defaults) string {
	text := ""
	for _, mode := range []struct{ name, level string }{{"enforce", d.Enforce}, {"audit", d.Audit}, {"warn", d.Warn}} {
		if !isLevelled(mode.level) {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += mode.name + " " + mode.level
	}
	return text
}

// Server minors at which the configuration of Pod Security changed its version.
const (
	minorConfigBeta   = 23
	minorConfigStable = 25
)

// exempt are the namespaces of the system that have pods and no label of their own: those need more than baseline, and are
// nobody's to migrate.
func (p *planner) exempt() []string {
	names := []string{kubeSystem}
	for i := range p.Check.Items {
		item := &p.Check.Items[i]
		if item.Counted || item.Namespace == kubeSystem || len(item.Workloads) == 0 || p.space(item).has(survey.Enforce) != "" {
			continue
		}
		names = append(names, item.Namespace)
	}
	return names
}

// admissionConfiguration makes baseline what nobody has to think of, and restricted what everybody hears of.
func (p *planner) admissionConfiguration() any {
	version := "v1"
	switch {
	case p.Minor < minorConfigBeta:
		version = "v1alpha1"
	case p.Minor < minorConfigStable:
		version = "v1beta1"
	}
	type named = map[string]any
	return named{
		"apiVersion": "apiserver.config.k8s.io/v1",
		"kind":       "AdmissionConfiguration",
		"plugins": []any{named{
			"name": "PodSecurity",
			"configuration": named{
				"apiVersion": "pod-security.admission.config.k8s.io/" + version,
				"kind":       "PodSecurityConfiguration",
				"defaults": named{
					"enforce": string(api.LevelBaseline), "enforce-version": api.VersionLatest,
					"audit": string(api.LevelRestricted), "audit-version": api.VersionLatest,
					"warn": string(api.LevelRestricted), "warn-version": api.VersionLatest,
				},
				"exemptions": named{"usernames": []any{}, "runtimeClasses": []any{}, "namespaces": p.exempt()},
			},
		}},
	}
}

// pluginOff: pods are no longer put to any policy.
func (p *planner) pluginOff() verdict {
	const manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
	const flag = "--enable-admission-plugins="
	commands := []string{
		"# on every control plane node: take PodSecurityPolicy out of --enable-admission-plugins of kube-apiserver; with kubeadm:",
		fmt.Sprintf("sed -i -e '/%[1]s/s/PodSecurityPolicy,//' -e '/%[1]s/s/,PodSecurityPolicy//' -e '/%[1]sPodSecurityPolicy$/d' %[2]s", flag, manifest),
		"# and the same in the ClusterConfiguration (kubectl edit configmap -n kube-system kubeadm-config), or the next upgrade brings it back",
	}
	undo := []string{
		"# on every control plane node: put it back; with kubeadm:",
		fmt.Sprintf("sed -i '/%s/s/$/,PodSecurityPolicy/' %s", flag, manifest),
	}
	reason := p.Plugin.Reason
	switch {
	case !p.Check.Served:
		return notNeeded("this server has no PodSecurityPolicy")
	case p.Plugin.Value == report.PodSecurityInactive:
		return done("%s", reason).by(nil, undo)
	case p.Plugin.Value != report.PodSecurityActive:
		return unknown("%s", reason).by(commands, undo)
	}
	if names := append(p.opened((*planner).enforce), p.opened((*planner).bypass)...); len(names) > 0 {
		slices.Sort(names)
		reason += "; enforce and bypass come first, in " + some(slices.Compact(names))
	}
	return open("%s", reason).by(commands, undo)
}
