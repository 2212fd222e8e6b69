package standard

// runAsNonRoot: neither pod nor containers may set it to false, and each container that leaves it unset needs a pod
// that sets it to true. Upstream names the containers that leave it unset only when nothing is false; they are found
// all the same, unless the pod's own false is what they would inherit.
func runAsNonRoot(p pod) []Field {
	inherited := podSetter(p.spec).context.RunAsNonRoot
	return located(p.setters(), "runAsNonRoot", func(s setter) (any, bool) {
		if b := s.context.RunAsNonRoot; b != nil {
			return *b, !*b
		}
		return nil, s.container != nil && inherited == nil
	})
}

// runAsUser: neither pod nor containers may set it to 0, even where one overrides the other.
func runAsUser(p pod) []Field {
	return located(p.setters(), "runAsUser", func(s setter) (any, bool) {
		id := s.context.RunAsUser
		return int64(0), id != nil && *id == 0
	})
}
