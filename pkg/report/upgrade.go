package report

// Upgrade is how a server of another release would judge what this one holds.
type Upgrade struct {
	// From is what the policy version "latest" means now, To what it means on a server of the other release.
	From string `json:"from"`
	To   string `json:"to"`
	// Exact is false when this build cannot promise what that release says; Inexact says why.
	Exact   bool     `json:"exact"`
	Inexact []string `json:"inexact,omitempty"`
	// Verdict is violates where a counted workload newly fails under enforce and its pods will be made again.
	Verdict Verdict `json:"verdict"`
	// Namespaces counts those, counted or not, in which something changes.
	Namespaces int `json:"namespaces"`
	Changes
}

// Changes counts workloads by what changes for them; Fails and Passes are about enforce.
type Changes struct {
	Fails  int `json:"fails"`
	Passes int `json:"passes"`
	// Other are denied still, or admitted still, but in other words: in the denial, the warnings or the audit log.
	Other int `json:"other"`
}

// Sum is how many workloads anything changes for.
func (c Changes) Sum() int { return c.Fails + c.Passes + c.Other }

// NamespaceUpgrade is what changes for a namespace; it is absent where nothing does.
type NamespaceUpgrade struct {
	// Policy is the effective policy there.
	Policy Policy `json:"policy"`
	Changes
	// Checks are the causes, by ID.
	Checks []string `json:"checks,omitempty"`
	// Pins are the version labels that keep the policy version of today, and Command writes them. They are absent where
	// no version could.
	Pins    map[string]string `json:"pins,omitempty"`
	Command string            `json:"command,omitempty"`
	// Kept says that with Pins nothing changes for any workload here.
	Kept bool `json:"kept"`
}

// WorkloadUpgrade is what changes for a workload; it is absent where nothing does.
type WorkloadUpgrade struct {
	Change UpgradeChange `json:"change"`
	// Modes are those whose answer changes.
	Modes []string `json:"modes"`
	// Blocks says that it newly fails under enforce and that its pods will be made again.
	Blocks bool           `json:"blocks,omitempty"`
	Causes []UpgradeCause `json:"causes"`
	// Kept says that with the namespace's Pins nothing changes.
	Kept bool `json:"kept"`
}

// UpgradeChange says how the answer to a workload's pods changes.
type UpgradeChange string

// The changes, the weightiest first.
const (
	UpgradeFails  UpgradeChange = "fails"
	UpgradePasses UpgradeChange = "passes"
	// UpgradeReworded: denied before and after, in other words.
	UpgradeReworded UpgradeChange = "reworded"
	// UpgradeTold: enforce answers alike, but warnings or audit annotations differ.
	UpgradeTold UpgradeChange = "told"
)

// UpgradeCause is why an answer changes.
type UpgradeCause struct {
	// Check is absent where the policy itself changes: since 1.26 enforce implies warn.
	Check string      `json:"check,omitempty"`
	Mode  string      `json:"mode"`
	How   CauseChange `json:"how"`
	// Kept says that the check goes on as it is with the namespace's Pins. What does not follow the policy version is
	// in the release itself.
	Kept bool `json:"kept"`
}

// CauseChange says what a check does that it did not do before.
type CauseChange string

// What a check newly does.
const (
	CauseDenies   CauseChange = "denies"
	CauseAllows   CauseChange = "allows"
	CauseReworded CauseChange = "reworded"
	CauseImplied  CauseChange = "implied"
)

// Updates says which changes of pods that run are refused because the whole pod is judged again, and which are not.
type Updates struct {
	Refused  []string `json:"refused"`
	Possible []string `json:"possible"`
	// Message is the denial after `pods "NAME" is forbidden: `; a new container's own violations come on top.
	Message string `json:"message"`
}
