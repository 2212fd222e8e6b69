package random

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	admissionv1 "k8s.io/pod-security-admission/admission/api/v1"
	"sigs.k8s.io/yaml"
)

// ExemptNamespaces are those that a configuration may exempt; the caller has to make them.
func ExemptNamespaces() []string { return []string{"exempt-a", "exempt-b"} }

// configV1Minor is the first server minor that takes v1 of the configuration.
const configV1Minor = 25

// Configuration is an AdmissionConfiguration with defaults at any level and version, and with exemptions of all three
// kinds or fewer. makers are users that make pods.
func Configuration(d *Dice, makers []string) ([]byte, error) {
	apiVersion := "pod-security.admission.config.k8s.io/v1"
	if d.minor < configV1Minor {
		apiVersion = "pod-security.admission.config.k8s.io/v1beta1"
	}
	level := func() string { return OneOf(d, "", "privileged", "baseline", "baseline", "restricted", "restricted") }
	pinned := func() string {
		if d.chance(30) {
			return ""
		}
		return version(d)
	}
	some := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(string) bool { return d.chance(50) })
	}
	plugin := admissionv1.PodSecurityConfiguration{
		TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: "PodSecurityConfiguration"},
		Defaults: admissionv1.PodSecurityDefaults{
			Enforce: level(), EnforceVersion: pinned(), Audit: level(), AuditVersion: pinned(), Warn: level(), WarnVersion: pinned(),
		},
		Exemptions: admissionv1.PodSecurityExemptions{
			Usernames: some(makers), Namespaces: some(ExemptNamespaces()), RuntimeClasses: some(RuntimeClasses()),
		},
	}
	return yaml.Marshal(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
		"plugins": []any{map[string]any{"name": "PodSecurity", "configuration": plugin}},
	})
}
