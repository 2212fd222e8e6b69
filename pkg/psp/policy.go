// Package psp knows PodSecurityPolicies: what a policy demands and writes, which policy admits a pod, and what of it the
// Pod Security Standards can say. It is pure: no clients, no files.
//
// Kubernetes no longer ships these types (k8s.io/api dropped them with v0.29), and its own evaluator lives in the 1.24
// tree that nothing can import beside today's libraries. What stands here is held against a real 1.24 server.
package psp

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotation is what the PodSecurityPolicy plug-in puts on a pod that it admits: the name of the policy.
const Annotation = "kubernetes.io/psp"

// The annotations of a policy that stand in for fields it never got.
const (
	SeccompAllowedAnnotation  = "seccomp.security.alpha.kubernetes.io/allowedProfileNames"
	SeccompDefaultAnnotation  = "seccomp.security.alpha.kubernetes.io/defaultProfileName"
	AppArmorAllowedAnnotation = "apparmor.security.beta.kubernetes.io/allowedProfileNames"
	AppArmorDefaultAnnotation = "apparmor.security.beta.kubernetes.io/defaultProfileName"
)

// All is the entry that allows everything, in the lists that know one.
const All = "*"

// Rules of the strategies for users, groups and SELinux labels.
const (
	RunAsAny         = "RunAsAny"
	MustRunAs        = "MustRunAs"
	MayRunAs         = "MayRunAs"
	MustRunAsNonRoot = "MustRunAsNonRoot"
)

// Policy is a PodSecurityPolicy, of policy/v1beta1 or extensions/v1beta1: the two have the same fields.
type Policy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec `json:"spec"`
}

// Spec is what a policy demands, allows and writes. Documentation of the fields: the API reference of Kubernetes 1.24.
type Spec struct {
	Privileged                      bool                `json:"privileged,omitempty"`
	DefaultAddCapabilities          []corev1.Capability `json:"defaultAddCapabilities,omitempty"`
	RequiredDropCapabilities        []corev1.Capability `json:"requiredDropCapabilities,omitempty"`
	AllowedCapabilities             []corev1.Capability `json:"allowedCapabilities,omitempty"`
	Volumes                         []string            `json:"volumes,omitempty"`
	HostNetwork                     bool                `json:"hostNetwork,omitempty"`
	HostPorts                       []PortRange         `json:"hostPorts,omitempty"`
	HostPID                         bool                `json:"hostPID,omitempty"`
	HostIPC                         bool                `json:"hostIPC,omitempty"`
	SELinux                         SELinux             `json:"seLinux"`
	RunAsUser                       IDs                 `json:"runAsUser"`
	RunAsGroup                      *IDs                `json:"runAsGroup,omitempty"`
	SupplementalGroups              IDs                 `json:"supplementalGroups"`
	FSGroup                         IDs                 `json:"fsGroup"`
	ReadOnlyRootFilesystem          bool                `json:"readOnlyRootFilesystem,omitempty"`
	DefaultAllowPrivilegeEscalation *bool               `json:"defaultAllowPrivilegeEscalation,omitempty"`
	// AllowPrivilegeEscalation is true where it is absent: the API's default.
	AllowPrivilegeEscalation *bool                  `json:"allowPrivilegeEscalation,omitempty"`
	AllowedHostPaths         []HostPath             `json:"allowedHostPaths,omitempty"`
	AllowedFlexVolumes       []FlexVolume           `json:"allowedFlexVolumes,omitempty"`
	AllowedCSIDrivers        []CSIDriver            `json:"allowedCSIDrivers,omitempty"`
	AllowedUnsafeSysctls     []string               `json:"allowedUnsafeSysctls,omitempty"`
	ForbiddenSysctls         []string               `json:"forbiddenSysctls,omitempty"`
	AllowedProcMountTypes    []corev1.ProcMountType `json:"allowedProcMountTypes,omitempty"`
	RuntimeClass             *RuntimeClass          `json:"runtimeClass,omitempty"`
}

// SELinux says which SELinux labels a container may have, and writes one under MustRunAs.
type SELinux struct {
	Rule    string                 `json:"rule"`
	Options *corev1.SELinuxOptions `json:"seLinuxOptions,omitempty"`
}

// IDs says which user or group IDs are allowed; the first of them is written under MustRunAs.
type IDs struct {
	Rule   string    `json:"rule"`
	Ranges []IDRange `json:"ranges,omitempty"`
}

// IDRange holds both of its ends.
type IDRange struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

// PortRange holds both of its ends.
type PortRange struct {
	Min int32 `json:"min"`
	Max int32 `json:"max"`
}

// HostPath allows the host paths below a prefix, which ends at a slash.
type HostPath struct {
	PathPrefix string `json:"pathPrefix,omitempty"`
	ReadOnly   bool   `json:"readOnly,omitempty"`
}

// FlexVolume allows a driver.
type FlexVolume struct {
	Driver string `json:"driver"`
}

// CSIDriver allows a driver of inline volumes.
type CSIDriver struct {
	Name string `json:"name"`
}

// RuntimeClass says which runtime classes are allowed (empty: none may be named; All: any), and which is written.
type RuntimeClass struct {
	AllowedRuntimeClassNames []string `json:"allowedRuntimeClassNames"`
	DefaultRuntimeClassName  *string  `json:"defaultRuntimeClassName,omitempty"`
}
