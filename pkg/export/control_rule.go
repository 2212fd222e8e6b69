package export

import "strings"

func (r *Rule) readOnlyRootFilesystem() {
	const must = "must set securityContext.readOnlyRootFilesystem=true"
	r.Title = "Containers have a read-only root file system"
	r.Variables = []Variable{everyContainer(), badContainers("!c.?securityContext.?readOnlyRootFilesystem.orValue(false)")}
	r.Validations = []Validation{{
		Expression: windowsPod + " || size(variables.bad) == 0", Message: "containers " + must,
		MessageExpression: quoted("container", badVariable) + " + " + literal(" "+must),
	}}
	r.Notes = []Note{{Text: "Windows pods (spec.os.name) are let be: there is no read-only root file system there."}}
}

// trustedRegistries puts before an image's name what a node would: the registry of Docker where it names none.
func (r *Rule) trustedRegistries(entries []string) {
	trusted := make([]string, len(entries))
	for i, e := range entries {
		trusted[i] = strings.TrimRight(e, "/")
	}
	r.Title = "Images come from trusted registries"
	r.Params = []Param{{"registries", trusted}}
	r.Variables = everyImage()
	const whole = `(i.matches('^([^/]*[.:][^/]*|localhost)/') ? i : (i.contains('/') ? 'docker.io/' : 'docker.io/library/') + i)`
	r.badImages("!["+whole+"].exists(n, variables.registries.exists(e, n == e || n.startsWith(e + '/') || n.startsWith(e + ':') || n.startsWith(e + '@')))",
		"must come from "+strings.Join(trusted, ", "))
	r.Notes = []Note{{Text: "An image that names no registry is taken for one of docker.io, as most container runtimes do. A node may be configured otherwise, or to " +
		"pull through a mirror: what is trusted is the name."}}
}

func (r *Rule) serviceAccountToken() {
	const must = "pods must set spec.automountServiceAccountToken=false, or run under a service account that does"
	r.Title = "Pods are given no token of their service account"
	r.Variables = []Variable{everyContainer(), badContainers("c.?volumeMounts.orValue([]).exists(m, m.mountPath == '/var/run/secrets/kubernetes.io/serviceaccount')")}
	r.Validations = []Validation{{
		Expression: "!object.spec.?automountServiceAccountToken.orValue(true) || size(variables.bad) == 0", Message: must,
		MessageExpression: literal(must+": ") + " + " + quoted("container", badVariable) + " + " + plural(badVariable, " mounts it", " mount it"),
	}}
	r.Notes = []Note{
		{Text: "What is looked for is the mount that the server adds to new pods. Where policies see pods without it (files, templates), nothing is refused."},
		{Text: "A pod that needs a token mounts one for an audience, as a projected volume at a path of its own."},
	}
}

// resourceLimits leaves ephemeral containers out, which cannot have any.
func (r *Rule) resourceLimits() {
	r.Title = "Containers have limits for CPU and memory"
	r.Variables = []Variable{{containersVariable, "object.spec.?initContainers.orValue([]) + object.spec.containers"}}
	for _, name := range []string{"cpu", "memory"} {
		r.Variables = append(r.Variables, Variable{name, "object.spec.?resources.?limits[?'" + name + "'].hasValue() ? [] : " +
			"variables.containers.filter(c, !c.?resources.?limits[?'" + name + "'].hasValue()).map(c, c.name)"})
		must := "must set resources.limits." + name
		r.Validations = append(r.Validations, Validation{
			Expression: "size(variables." + name + ") == 0", Message: "containers " + must,
			MessageExpression: quoted("container", name) + " + " + literal(" "+must),
		})
	}
	r.Notes = []Note{{Text: "A limit of the whole pod (spec.resources.limits) stands for those of its containers. Defaults of a LimitRange count: the server writes them before policies look."}}
}

func (r *Rule) imageTags() {
	r.Title = "Images have a tag other than latest, or a digest"
	r.Variables = everyImage()
	r.badImages("!(i.contains('@') || i.matches(':[^/]*$') && !i.endsWith(':latest'))", "must have a digest, or a tag other than latest")
}

func (r *Rule) imageDigests() {
	r.Title = "Images are pinned by digest"
	r.Variables = everyImage()
	r.badImages("!i.matches('@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$')", "must end in a digest, such as @sha256:HEX")
}
