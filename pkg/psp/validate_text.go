package psp

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateProfiles is about the annotations that stand in for fields.
func (p *Policy) validateProfiles(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	appArmor := func(key string, profiles ...string) {
		for _, profile := range profiles {
			if !isAppArmorProfile(profile) {
				errs = append(errs, field.Invalid(path.Key(key), p.Annotations[key],
					fmt.Sprintf("invalid AppArmor profile name: %q", profile)))
			}
		}
	}
	seccomp := func(key string, profiles ...string) {
		for _, profile := range profiles {
			errs = append(errs, validateSeccomp(path.Key(key), profile)...)
		}
	}
	if profile := p.Annotations[AppArmorDefaultAnnotation]; profile != "" {
		appArmor(AppArmorDefaultAnnotation, profile)
	}
	if list := p.Annotations[AppArmorAllowedAnnotation]; list != "" {
		appArmor(AppArmorAllowedAnnotation, strings.Split(list, ",")...)
	}
	if profile := p.Annotations[SeccompDefaultAnnotation]; profile != "" {
		seccomp(SeccompDefaultAnnotation, profile)
	}
	if list := p.Annotations[SeccompAllowedAnnotation]; list != "" {
		isAll := func(profile string) bool { return profile == All }
		seccomp(SeccompAllowedAnnotation, slices.DeleteFunc(strings.Split(list, ","), isAll)...)
	}
	return errs
}

func isAppArmorProfile(name string) bool {
	return name == "" || name == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault ||
		name == corev1.DeprecatedAppArmorBetaProfileNameUnconfined ||
		strings.HasPrefix(name, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
}

// validateSeccomp refuses the empty name, so that the trailing comma of which documents speak cannot be stored.
func validateSeccomp(path *field.Path, profile string) field.ErrorList {
	switch profile {
	case corev1.SeccompProfileRuntimeDefault, corev1.DeprecatedSeccompProfileDockerDefault, corev1.SeccompProfileNameUnconfined:
		return nil
	}
	file, found := strings.CutPrefix(profile, corev1.SeccompLocalhostProfileNamePrefix)
	if !found {
		return field.ErrorList{field.Invalid(path, profile, "must be a valid seccomp profile")}
	}
	var errs field.ErrorList
	if strings.HasPrefix(file, "/") {
		errs = append(errs, field.Invalid(path, file, "must be a relative path"))
	}
	if slices.Contains(strings.Split(file, "/"), "..") {
		errs = append(errs, field.Invalid(path, file, "must not contain '..'"))
	}
	return errs
}

func (p *Policy) validateSysctls(spec *field.Path) field.ErrorList {
	allowed, forbidden := spec.Child("allowedUnsafeSysctls"), spec.Child("forbiddenSysctls")
	errs := validateSysctlPatterns(allowed, p.Spec.AllowedUnsafeSysctls)
	errs = append(errs, validateSysctlPatterns(forbidden, p.Spec.ForbiddenSysctls)...)
	for i, a := range p.Spec.AllowedUnsafeSysctls {
		for j, f := range p.Spec.ForbiddenSysctls {
			// The one that the other holds is the one at fault.
			if holdsSysctl(f, a) {
				errs = append(errs, field.Invalid(allowed.Index(i), a, "sysctl overlaps with "+f))
			} else if holdsSysctl(a, f) {
				errs = append(errs, field.Invalid(forbidden.Index(j), f, "sysctl overlaps with "+a))
			}
		}
	}
	return errs
}

// holdsSysctl says whether all that a pattern matches is matched by another.
func holdsSysctl(outer, inner string) bool {
	prefix, pattern := strings.CutSuffix(outer, "*")
	if !pattern {
		return outer == inner
	}
	return strings.HasPrefix(strings.TrimSuffix(inner, "*"), prefix)
}

func validateSysctlPatterns(path *field.Path, patterns []string) field.ErrorList {
	const (
		longest = 253
		segment = `[a-z0-9]([-_a-z0-9]*[a-z0-9])?`
		form    = `(` + segment + `\.)*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]`
	)
	var errs field.ErrorList
	valid, all := regexp.MustCompile("^"+form+"$"), false
	for i, pattern := range patterns {
		switch {
		case pattern == "":
			errs = append(errs, field.Invalid(path.Index(i), pattern, "empty sysctl not allowed"))
		case len(pattern) > longest || !valid.MatchString(pattern):
			errs = append(errs, field.Invalid(path.Index(i), pattern,
				fmt.Sprintf("must have at most %d characters and match regex %s", longest, form)))
		case pattern[0] == '*':
			all = true
		}
	}
	if all && len(patterns) > 1 {
		errs = append(errs, field.Forbidden(path.Child("items"), "if '*' is present, must not specify other sysctls"))
	}
	return errs
}
