package report

// Document is one object to apply, with what a reader should know of it. It is printed as a YAML document that begins
// with its comments; as JSON the comments are left out.
type Document struct {
	// Comments are lines without '#', to be wrapped by whoever prints them; an empty one parts paragraphs.
	Comments []string
	// Object is what encoding/json makes a whole Kubernetes object of, apiVersion and kind included.
	Object any
}
