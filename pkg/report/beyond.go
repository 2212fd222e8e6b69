package report

// Beyond adds up the controls that the Standards lack. They have no say in any verdict: Pod Security enforces none of
// them, and the server refuses nothing for their sake unless a policy of another kind does.
type Beyond struct {
	// EnforcedByPodSecurity is false.
	EnforcedByPodSecurity bool `json:"enforcedByPodSecurity"`
	// Registries are those that were said to be trusted. Without any, trusted-registries tells of images that name none.
	Registries []string        `json:"registries,omitempty"`
	Controls   []BeyondControl `json:"controls"`
}

// BeyondControl is one of them.
type BeyondControl struct {
	Control string `json:"control"`
	// Demand is what it asks of a pod, in a clause.
	Demand string `json:"demand"`
	// Workloads of counted namespaces break it, in so many Namespaces. Complete is false where gaps make that a lower bound.
	Workloads  int  `json:"workloads"`
	Namespaces int  `json:"namespaces"`
	Complete   bool `json:"complete"`
	// Export is the command that prints policies which enforce it.
	Export string `json:"export"`
}

// BeyondFinding is a control that evidence breaks.
type BeyondFinding struct {
	Control string  `json:"control"`
	Fields  []Field `json:"fields"`
}
