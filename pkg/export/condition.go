package export

// changedImages is the condition for rules that judge a pod as Pod Security does: new pods, and updates that change an
// image or add an ephemeral container, which is all that Pod Security takes for significant. Old pods that break a rule
// can so be labelled, annotated, resized and deleted.
func changedImages() Condition {
	images := func(object, list string) string {
		return object + ".spec." + list + ".map(c, c.?image.orValue(''))"
	}
	const initial, ephemeral = "?initContainers.orValue([])", "?ephemeralContainers.orValue([])"
	return Condition{Name: "new-pods-and-images", Expression: "request.operation != 'UPDATE'" +
		" || " + images("object", "containers") + " != " + images("oldObject", "containers") +
		" || " + images("object", initial) + " != " + images("oldObject", initial) +
		" || object.spec." + ephemeral + ".exists(c, !oldObject.spec." + ephemeral +
		".exists(o, o.name == c.name && o.?image.orValue('') == c.?image.orValue('')))"}
}
