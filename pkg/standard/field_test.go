package standard

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// names are the steps of a path: field names, indices and annotation keys.
func names(path string) []string {
	var steps []string
	for path != "" {
		if rest, bracket := strings.CutPrefix(path, "["); bracket {
			step, after, _ := strings.Cut(rest, "]")
			steps, path = append(steps, step), strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		steps, path = append(steps, path[:end]), strings.TrimPrefix(path[end:], ".")
	}
	return steps
}

// walk finds what stands at a path. On the way it makes what is unset if it may, else it ends with an invalid value.
func walk(v reflect.Value, steps []string, create bool) (reflect.Value, error) {
	for v.Kind() == reflect.Pointer && len(steps) > 0 {
		if v.IsNil() {
			if !create {
				return reflect.Value{}, nil
			}
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	if len(steps) == 0 {
		return v, nil
	}
	switch v.Kind() {
	case reflect.Struct:
		found := member(v, steps[0])
		if !found.IsValid() {
			return found, fmt.Errorf("%s has no field %q", v.Type(), steps[0])
		}
		return walk(found, steps[1:], create)
	case reflect.Slice:
		i, err := strconv.Atoi(steps[0])
		if err != nil || i < 0 || i >= v.Len() {
			return reflect.Value{}, fmt.Errorf("no element %q among %d", steps[0], v.Len())
		}
		return walk(v.Index(i), steps[1:], create)
	case reflect.Map:
		return v.MapIndex(reflect.ValueOf(steps[0])), nil
	default:
		return reflect.Value{}, fmt.Errorf("%s has no %q", v.Type(), steps[0])
	}
}

// member is a field of a struct by its name in JSON.
func member(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if json == "" && f.Anonymous {
			if found := member(v.Field(i), name); found.IsValid() {
				return found
			}
		} else if json == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// wrongly says what a located field says wrongly of the pod; empty if nothing.
func wrongly(p *corev1.Pod, f Field) string {
	steps := names(f.Path)
	v, err := walk(reflect.ValueOf(p), steps, false)
	if err != nil {
		return err.Error()
	}
	if name := container(p, steps); name != f.Container {
		return fmt.Sprintf("container is %q, not %q", name, f.Container)
	}
	there := value(v)
	if there == "" && f.Value == nil {
		there = nil
	}
	if _, text := f.Value.(string); text && there == isSet {
		return "" // A volume's source; what tells it from others has a test of its own.
	}
	if there != f.Value {
		return fmt.Sprintf("value is %#v, not %#v", there, f.Value)
	}
	return ""
}

// isSet is the value of a struct that is not empty.
const isSet = "\x00set"

// value is what a field that leads to v has to give as its value.
func value(v reflect.Value) any {
	switch {
	case !v.IsValid(), v.Kind() == reflect.Pointer && v.IsNil():
		return nil
	case v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct:
		return isSet
	case v.Kind() == reflect.Pointer:
		return value(v.Elem())
	case v.Kind() == reflect.Bool:
		return v.Bool()
	case v.CanInt():
		return v.Int()
	case v.Kind() == reflect.String:
		return v.String()
	case v.Type() == reflect.TypeFor[[]corev1.Capability]():
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(v.Interface()), " ", ", "), "[]")
	case v.Type() == reflect.TypeFor[corev1.Volume]() && v.FieldByName("VolumeSource").IsZero():
		return nil
	default:
		return isSet
	}
}

// container is the name of the container that a path leads into, or that an annotation is about.
func container(p *corev1.Pod, steps []string) string {
	if steps[0] == "metadata" {
		prefix, name, _ := strings.Cut(steps[2], "/")
		if strings.HasPrefix(prefix, "container.") {
			return name
		}
		return ""
	}
	if !strings.HasSuffix(strings.ToLower(steps[1]), "containers") {
		return ""
	}
	v, err := walk(reflect.ValueOf(p), append(slices.Clone(steps[:3]), "name"), false)
	if err != nil {
		return err.Error()
	}
	return v.String()
}

// neutralise sets what stands at a located field to an allowed value.
func neutralise(p *corev1.Pod, f Field) error {
	steps := names(f.Path)
	switch {
	case steps[0] == "metadata":
		delete(p.Annotations, steps[2])
		return nil
	case steps[1] == "volumes":
		return neutraliseVolume(p, steps)
	}
	v, err := walk(reflect.ValueOf(p), steps, true)
	if err != nil {
		return err
	}
	if drop, is := reflect.TypeAssert[*[]corev1.Capability](v.Addr()); is {
		*drop = append(*drop, "ALL")
		return nil
	}
	leaf := strings.Join(slices.DeleteFunc(steps, func(s string) bool { return s[0] >= '0' && s[0] <= '9' }), ".")
	leaf = leaf[strings.LastIndex(leaf, ".securityContext.")+1:]
	good, known := map[string]any{
		"securityContext.appArmorProfile.type":       corev1.AppArmorProfileTypeLocalhost,
		"securityContext.seccompProfile.type":        corev1.SeccompProfileTypeLocalhost,
		"securityContext.seLinuxOptions.type":        "container_t",
		"securityContext.seLinuxOptions.user":        "",
		"securityContext.seLinuxOptions.role":        "",
		"securityContext.capabilities.add":           corev1.Capability("NET_BIND_SERVICE"),
		"securityContext.procMount":                  new(corev1.DefaultProcMount),
		"securityContext.privileged":                 new(false),
		"securityContext.allowPrivilegeEscalation":   new(false),
		"securityContext.windowsOptions.hostProcess": new(false),
		"securityContext.runAsNonRoot":               new(true),
		"securityContext.runAsUser":                  new(int64(1000)),
		"securityContext.sysctls.name":               "kernel.shm_rmid_forced",
	}[leaf]
	if !known {
		v.SetZero()
		return nil
	}
	v.Set(reflect.ValueOf(good))
	return nil
}

func neutraliseVolume(p *corev1.Pod, steps []string) error {
	if len(steps) > 3 {
		source, err := walk(reflect.ValueOf(p), steps, false)
		if err != nil {
			return err
		}
		source.SetZero()
	}
	i, err := strconv.Atoi(steps[2])
	if err != nil {
		return err
	}
	if v := &p.Spec.Volumes[i].VolumeSource; reflect.ValueOf(v).Elem().IsZero() {
		v.EmptyDir = &corev1.EmptyDirVolumeSource{} // What the server makes of a volume without a source.
	}
	return nil
}
