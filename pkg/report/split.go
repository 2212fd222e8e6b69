package report

// Split is a way to a higher level for most of a namespace: some workloads move to a namespace of their own, or an
// exception is made for them, and all others reach Level.
type Split struct {
	// Level is what the others reach, at latest.
	Level string `json:"level"`
	// Workloads are those in the way of it. There is no smaller set.
	Workloads []SplitWorkload `json:"workloads"`
	// Others is how many workloads gain by it.
	Others int `json:"others"`
	// SharedWith are those among the others whose pods run as a service account of the first: an exception by service
	// account alone would cover them too.
	SharedWith []Owner `json:"sharedWith,omitempty"`
	// Exception is the command that prints policies which hold all others to the level while the namespace stays as it
	// is; empty where a workload is of a kind that no exception can name.
	Exception string `json:"exception,omitempty"`
	// Label is the command that raises the namespace once they have moved.
	Label string `json:"label"`
}

// SplitWorkload is a workload to move, or to except.
type SplitWorkload struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Strictest string `json:"strictest"`
	// ServiceAccounts are those that its pods run as.
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`
	// Bare says that it is a pod that nothing makes again: to move it is to delete it and make it elsewhere.
	Bare bool `json:"bare,omitempty"`
}

// SplitGain is a namespace's split in short.
type SplitGain struct {
	Namespace string `json:"namespace"`
	Level     string `json:"level"`
	// Moved is how many workloads move or are excepted, Others how many gain by it.
	Moved  int `json:"moved"`
	Others int `json:"others"`
}
