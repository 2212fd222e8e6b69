package psp

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate lists the rules of the API of Kubernetes 1.24 that a policy breaks, for which that server would not take it,
// at its paths (some of which lead nowhere). A policy may break none and still be Ignored.
func (p *Policy) Validate() field.ErrorList {
	meta, spec := field.NewPath("metadata"), field.NewPath("spec")
	errs := apivalidation.ValidateObjectMeta(&p.ObjectMeta, false, apivalidation.NameIsDNSSubdomain, meta)
	errs = append(errs, p.validateProfiles(meta.Child("annotations"))...)
	errs = append(errs, p.Spec.RunAsUser.validate(spec.Child("runAsUser"), MustRunAs, MustRunAsNonRoot, RunAsAny)...)
	errs = append(errs, p.validateRunAsGroup(spec.Child("runAsGroup"))...)
	errs = append(errs, validateRule(spec.Child("seLinux"), p.Spec.SELinux.Rule, MustRunAs, RunAsAny)...)
	errs = append(errs, p.Spec.SupplementalGroups.validate(spec.Child("supplementalGroups"), MayRunAs, MustRunAs, RunAsAny)...)
	errs = append(errs, p.Spec.FSGroup.validate(spec.Child("fsGroup"), MayRunAs, MustRunAs, RunAsAny)...)
	errs = append(errs, p.validateVolumes(spec)...)
	errs = append(errs, p.validateCapabilities()...)
	if d := p.Spec.DefaultAllowPrivilegeEscalation; d != nil && *d && !p.allowsEscalation() {
		errs = append(errs, field.Invalid(spec.Child("defaultAllowPrivilegeEscalation"), true,
			"Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true"))
	}
	errs = append(errs, p.validateDrivers(spec)...)
	errs = append(errs, p.validateSysctls(spec)...)
	return append(errs, p.validateRuntimeClass(spec.Child("runtimeClass"))...)
}

func validateRule(path *field.Path, rule string, supported ...string) field.ErrorList {
	if slices.Contains(supported, rule) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("rule"), rule, supported)}
}

func (ids IDs) validate(path *field.Path, rules ...string) field.ErrorList {
	return append(validateRule(path, ids.Rule, rules...), ids.validateRanges(path.Child("ranges"))...)
}

func (ids IDs) validateRanges(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, r := range ids.Ranges {
		path := path.Index(i)
		if r.Min < 0 {
			errs = append(errs, field.Invalid(path.Child("min"), r.Min, "min cannot be negative"))
		}
		if r.Max < 0 {
			errs = append(errs, field.Invalid(path.Child("max"), r.Max, "max cannot be negative"))
		}
		if r.Min > r.Max {
			errs = append(errs, field.Invalid(path.Child("min"), r.Min, "min cannot be greater than max"))
		}
	}
	return errs
}

// validateRunAsGroup is stricter than the rules for other IDs: it is the youngest of them.
func (p *Policy) validateRunAsGroup(path *field.Path) field.ErrorList {
	ids := p.Spec.RunAsGroup
	if ids == nil {
		return nil
	}
	ranges := path.Child("ranges")
	switch ids.Rule {
	case RunAsAny:
		if len(ids.Ranges) > 0 {
			return field.ErrorList{field.Invalid(ranges, ids.Ranges, "Ranges must be empty")}
		}
		return nil
	case MustRunAs, MayRunAs:
		if len(ids.Ranges) == 0 {
			return field.ErrorList{field.Invalid(ranges, ids.Ranges, "must provide at least one range")}
		}
		return ids.validateRanges(ranges)
	default:
		return validateRule(path, ids.Rule, MustRunAs, RunAsAny, MayRunAs)
	}
}

func (p *Policy) validateVolumes(spec *field.Path) field.ErrorList {
	names := []string{All}
	for _, t := range volumeTypes(&corev1.VolumeSource{}) {
		names = append(names, t.name)
	}
	var errs field.ErrorList
	for _, name := range p.Spec.Volumes {
		if !slices.Contains(names, name) {
			errs = append(errs, field.NotSupported(spec.Child("volumes"), name, slices.Sorted(slices.Values(names))))
		}
	}
	return errs
}

func (p *Policy) validateCapabilities() field.ErrorList {
	var errs field.ErrorList
	drop := p.Spec.RequiredDropCapabilities
	if len(drop) > 0 && slices.Contains(p.Spec.AllowedCapabilities, All) {
		errs = append(errs, field.Invalid(field.NewPath("requiredDropCapabilities"), drop,
			"must be empty when all capabilities are allowed by a wildcard"))
	}
	against := func(name string, list []corev1.Capability) {
		for _, capability := range list {
			if slices.Contains(drop, capability) {
				errs = append(errs, field.Invalid(field.NewPath(name), capability,
					fmt.Sprintf("capability is listed in %s and requiredDropCapabilities", name)))
			}
		}
	}
	against("defaultAddCapabilities", p.Spec.DefaultAddCapabilities)
	against("allowedCapabilities", p.Spec.AllowedCapabilities)
	return errs
}

// validateDrivers is about volumes whose allowed drivers or paths are listed.
func (p *Policy) validateDrivers(spec *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, allowed := range p.Spec.AllowedHostPaths {
		path := spec.Child("allowedHostPaths").Index(i)
		if allowed.PathPrefix == "" {
			errs = append(errs, field.Required(path, "is required"))
			break // as the API does
		}
		if slices.Contains(strings.Split(allowed.PathPrefix, "/"), "..") {
			errs = append(errs, field.Invalid(path, allowed.PathPrefix, "must not contain '..'"))
		}
	}
	for i, allowed := range p.Spec.AllowedFlexVolumes {
		if allowed.Driver == "" {
			path := spec.Child("allowedFlexVolumes", "allowedFlexVolumes").Index(i).Child("driver")
			errs = append(errs, field.Required(path, "must specify a driver"))
		}
	}
	for i, allowed := range p.Spec.AllowedCSIDrivers {
		path := spec.Child("allowedCSIDrivers", "allowedCSIDriver").Index(i).Child("name")
		if allowed.Name == "" {
			errs = append(errs, field.Required(path, ""))
		}
		if len(allowed.Name) > 63 {
			errs = append(errs, field.TooLong(path, allowed.Name, 63))
		}
		errs = append(errs, validateName(path, allowed.Name, strings.ToLower(allowed.Name))...)
	}
	return errs
}

// validateName complains about a value whose form as a DNS subdomain is another.
func validateName(path *field.Path, value, subdomain string) field.ErrorList {
	var errs field.ErrorList
	for _, text := range validation.IsDNS1123Subdomain(subdomain) {
		errs = append(errs, field.Invalid(path, value, text))
	}
	return errs
}

func (p *Policy) validateRuntimeClass(path *field.Path) field.ErrorList {
	if p.Spec.RuntimeClass == nil {
		return nil
	}
	var errs field.ErrorList
	names, path := p.Spec.RuntimeClass.AllowedRuntimeClassNames, path.Child("allowedRuntimeClassNames")
	for i, name := range names {
		if name != All {
			errs = append(errs, validateName(path.Index(i), name, name)...)
		}
		if slices.Contains(names[:i], name) {
			errs = append(errs, field.Duplicate(path.Index(i), name))
		}
	}
	if d := p.Spec.RuntimeClass.DefaultRuntimeClassName; d != nil {
		errs = append(errs, validateName(field.NewPath("spec", "runtimeClass", "defaultRuntimeClassName"), *d, *d)...)
		if !slices.Contains(names, *d) && !slices.Contains(names, All) {
			errs = append(errs, field.Required(path, fmt.Sprintf("default %q must be allowed", *d)))
		}
	}
	if slices.Contains(names, All) && len(names) > 1 {
		errs = append(errs, field.Invalid(path, names, "if '*' is present, must not specify other RuntimeClass names"))
	}
	return errs
}
