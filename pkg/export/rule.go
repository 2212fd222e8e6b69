// Package export says what the Pod Security Standards cannot: rules for pods as data, each with one CEL expression, and
// their rendering as policies for the engine that a cluster has. Pure.
package export

// Set is what one export is about: rules that are applied together, to the same pods.
type Set struct {
	// Name begins the name of every object: a DNS label such as psp-restricted, or baseline-except-agent.
	Name string
	// About is a comment for a reader of the policies, a line each; it stands above the first.
	About []string
	// Conditions say which requests the rules look at; all of them must hold. They are CEL without variables, and tell an
	// update by request.operation == 'UPDATE': the operation of Gatekeeper's audit is empty, and what is not updated has an
	// oldObject of null in the API server and Gatekeeper, but of {} in Kyverno. request.subResource may be missing.
	Conditions []Condition
	Rules      []Rule
	// Mutations are what is written before anything is judged, in this order.
	Mutations []Mutation
}

// Condition tells the requests that matter from others.
type Condition struct{ Name, Expression string }

// Rule is one demand on pods. Its expressions are CEL as a ValidatingAdmissionPolicy has it: object, oldObject, request
// and variables.NAME. They keep to the part of the language that package celjs knows.
type Rule struct {
	// Name is a DNS label: allowed-host-paths.
	Name string
	// Title is what the rule demands, in a sentence without a full stop.
	Title string
	// Source is where the demand comes from: a field of a PSP, a control, or the ID and version of a check.
	Source string
	// Params are its parameters. Expressions know them as variables.NAME.
	Params []Param
	// Variables may use those above them, and the params.
	Variables []Variable
	// Validations must all be true for a pod to be admitted.
	Validations []Validation
	// Notes are differences from what the source does, as comments.
	Notes []Note
}

// Param is a parameter of a rule: a value of bool, int64, string, []int64, []string or []Range.
type Param struct {
	Name  string
	Value any
}

// Range is an interval of numbers that holds both of its ends. CEL has it as {'min': MIN, 'max': MAX}.
type Range struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

// Variable is an expression with a name.
type Variable struct{ Name, Expression string }

// Validation is an expression that is true for pods that are admitted, and what those that are not are told:
// MessageExpression where it is not empty, which gives a string, else Message.
type Validation struct{ Expression, Message, MessageExpression string }

// Note is a difference, in one target or, where that is empty, in all.
type Note struct {
	Target Target
	Text   string
}

// Mutation writes one value where a pod says nothing of its own, as PodSecurityPolicy did on CREATE.
type Mutation struct {
	// Name is a DNS label: default-read-only-root-filesystem.
	Name string
	// Source is the field of the policy.
	Source string
	// Containers says that it is about each container and init container; else it is about the pod.
	Containers bool
	// Path is below the pod's spec or below the container: securityContext, readOnlyRootFilesystem. With Annotation it
	// is the key, and the value a string.
	Path       []string
	Annotation bool
	// Value is a bool, int64, string, []int64, []string or map[string]any.
	Value any
	// Add says that Value is a list whose members are added where they are missing; else it is written where nothing is.
	Add bool
	// Unless is CEL that is true where nothing is to be written beyond what Path has; it sees object, and container
	// where Containers is true. It may be empty.
	Unless string
	Notes  []Note
}
