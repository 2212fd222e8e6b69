package relabel

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// marks are what tools leave on a namespace that they manage.
type marks struct{ tools []markedTool }

type markedTool struct{ name, detail string }

// marksOf reads the labels and annotations that the tools document as theirs.
func marksOf(ns *corev1.Namespace) marks {
	var m marks
	add := func(name, detail string) { m.tools = append(m.tools, markedTool{name, detail}) }
	label, annotation := ns.Labels, ns.Annotations
	switch id, instance := annotation["argocd.argoproj.io/tracking-id"], label["argocd.argoproj.io/instance"]; {
	case id != "":
		application, _, _ := strings.Cut(id, ":")
		add(toolArgo, "application "+application)
	case instance != "":
		add(toolArgo, "application "+instance)
	}
	for _, kind := range []string{"kustomize", "helm"} {
		if name := label[kind+".toolkit.fluxcd.io/name"]; name != "" {
			add(toolFlux, map[string]string{"kustomize": "Kustomization ", "helm": "HelmRelease "}[kind]+
				qualified(label[kind+".toolkit.fluxcd.io/namespace"], name))
		}
	}
	release := annotation["meta.helm.sh/release-name"]
	switch id := annotation["objectset.rio.cattle.io/id"]; {
	case id != "":
		add(toolFleet, "bundle "+id)
	case release != "":
		add(toolHelm, "release "+qualified(annotation["meta.helm.sh/release-namespace"], release))
	}
	if label["security.openshift.io/scc.podSecurityLabelSync"] == "true" {
		add(toolOpenShift, "label syncer")
	}
	return m
}

func qualified(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

func (m marks) has(tool string) bool {
	for _, t := range m.tools {
		if t.name == tool {
			return true
		}
	}
	return false
}

// detail is what of a tool owns the namespace; for one that left no mark, the field manager where that says more.
func (m marks) detail(tool, manager string) string {
	for _, t := range m.tools {
		if t.name == tool {
			return t.detail
		}
	}
	if tool == manager {
		return "field manager"
	}
	return ""
}
