// Package beyond knows the controls that the Pod Security Standards lack, and judges pods by them. Pure.
package beyond

// The controls, as flags, reports and exported policies name them.
const (
	ReadOnlyRootFilesystem = "read-only-root-filesystem"
	TrustedRegistries      = "trusted-registries"
	ServiceAccountToken    = "service-account-token"
	ResourceLimits         = "resource-limits"
	ImageTags              = "image-tags"
	ImageDigests           = "image-digests"
)

// Names are all of them, in the order in which they are shown.
func Names() []string {
	return []string{ReadOnlyRootFilesystem, TrustedRegistries, ServiceAccountToken, ResourceLimits, ImageTags, ImageDigests}
}
